"""Joined: several sweeps on one set of axes, with the sweep, or its backend, as an axis of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from animorch.compare.viewer.exhibit import Exhibit
from animorch.runs.sweep import PlannedAxis, SweepPlan

UNSAID = "—"  # the value of a point on an axis of which its own sweep says nothing


@dataclass(frozen=True)
class Shown:
    """A sweep to show."""

    folder: Path
    plan: SweepPlan
    exhibits: list[Exhibit]

    @property
    def backends(self) -> set[str]:
        return {exhibit.value("backend") or UNSAID for exhibit in self.exhibits}


@dataclass(frozen=True)
class Joined:
    """Axes of a page, and each exhibit's coordinates on them, sweep after sweep."""

    axes: tuple[PlannedAxis, ...]
    coordinates: list[dict[str, str]]


def join(sweeps: Sequence[Shown]) -> Joined:
    """One sweep keeps its axes. Of several, the axes are united and the one that tells the sweeps apart
    comes last, where a page puts its columns. Pure."""
    if len(sweeps) == 1:
        return Joined(sweeps[0].plan.axes, [dict(shown.point.coordinates) for shown in sweeps[0].exhibits])
    names = list(dict.fromkeys(axis.name for sweep in sweeps for axis in sweep.plan.axes))
    apart, labels = _apart(sweeps, names)
    coordinates = [
        {name: exhibit.value(name) or UNSAID for name in names} | {apart: label}
        for sweep, label in zip(sweeps, labels, strict=True)
        for exhibit in sweep.exhibits
    ]
    order = [*(name for name in names if name != apart), apart]
    axes = tuple(PlannedAxis(name=name, values=_values(name, sweeps, coordinates)) for name in order)
    return Joined(axes, coordinates)


def _apart(sweeps: Sequence[Shown], names: Sequence[str]) -> tuple[str, list[str]]:
    """The axis between sweeps and each one's value: the backend when it alone tells them apart."""
    backends = [sweep.backends for sweep in sweeps]
    only = [next(iter(found)) for found in backends if len(found) == 1]
    if "backend" not in names and len(only) == len(sweeps) == len(set(only)):
        return "backend", only
    short = [sweep.plan.name for sweep in sweeps]
    long = [f"{sweep.plan.name} {sweep.plan.key[:6]}" for sweep in sweeps]
    labels = next((found for found in (short, long) if len(set(found)) == len(sweeps)), None)
    axis = "sweep" if "sweep" not in names else "sweep folder"
    return axis, labels or [f"{label} ({number})" for number, label in enumerate(long, 1)]


def _values(name: str, sweeps: Sequence[Shown], points: Sequence[dict[str, str]]) -> tuple[str, ...]:
    """In the users' order; numbers from several sweeps are sorted, since neither order holds for both."""
    used = {point[name] for point in points}
    planned = [axis.values for sweep in sweeps for axis in sweep.plan.axes if axis.name == name]
    listed = dict.fromkeys([*(value for values in planned for value in values), *(p[name] for p in points)])
    values = [value for value in listed if value in used]
    try:
        return tuple(sorted(values, key=float)) if set(planned) != {tuple(values)} else tuple(values)
    except ValueError:
        return tuple(values)
