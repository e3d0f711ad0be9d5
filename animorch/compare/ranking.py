"""Ranking: the finished clips of a runs folder in the order of a measured number. Read from the records."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Literal

from animorch.errors import UsageError
from animorch.registry import offers
from animorch.runs.measured import scalars
from animorch.runs.names import EXPERIMENT
from animorch.runs.record import record_of
from animorch.runs.sweep import SweepPlan

Better = Literal["lower", "higher"]
_CONDITION = re.compile(r"^\s*([\w.]+)\s*(<=|>=|!=|=|<|>)\s*(.*?)\s*$", re.DOTALL)


@dataclass(frozen=True)
class Measured:
    """A finished point with its numbers."""

    folder: Path
    coordinates: Mapping[str, str]
    overrides: tuple[str, ...]
    numbers: Mapping[str, float]
    experiment: Mapping[str, Any]

    def value(self, key: str) -> str | None:
        """What it has for an axis or a setting (`motion.beta_schedule`); None when nothing says."""
        if key in self.coordinates:
            return self.coordinates[key]
        found: Any = self.experiment
        for part in key.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        found = found.get("name", found) if isinstance(found, Mapping) else found
        return None if found is None else found if isinstance(found, str) else json.dumps(found)


@dataclass(frozen=True)
class Place:
    """A clip, or several taken together: the values that tell it, the number, and the clips, best first."""

    values: dict[str, str]
    number: float
    clips: tuple[Measured, ...]
    spread: float | None = None  # standard deviation of the sample, of two clips or more


def measured(sweeps: Iterable[tuple[Path, SweepPlan]]) -> Iterator[Measured]:
    """Every finished point of the sweeps in these folders, once, though several sweeps hold it."""
    seen = set()
    for folder, plan in sweeps:
        for point in plan.points:
            if not point.folder or not point.point_key or point.point_key in seen:
                continue
            home = folder / point.folder
            record = record_of(home, point.point_key)
            if record is not None and record.status == "finished":
                seen.add(point.point_key)
                numbers = scalars(record, home)
                yield Measured(home, point.coordinates, point.overrides, numbers, _experiment(home))


def _experiment(home: Path) -> dict[str, Any]:
    try:
        found = json.loads((home / EXPERIMENT).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def chosen(clips: Sequence[Measured], conditions: Sequence[str]) -> list[Measured]:
    """The clips for which every condition (`cfg=7`, `steps>=20`) holds.

    Raises UsageError for one that cannot be read or names what no clip has.
    """
    left = list(clips)
    for condition in conditions:
        found = _CONDITION.match(condition)
        if found is None:
            raise UsageError(f"--where {condition} is no condition; write it as cfg=7, cfg!=7 or 'steps>=20'")
        key, sign, wanted = found.groups()
        if clips and all(clip.value(key) is None for clip in clips):
            axes = ", ".join(axes_of(clips)) or "none"
            raise UsageError(f"--where {condition}: no clip has a {key}; swept here: {axes}")
        left = [clip for clip in left if _holds(clip.value(key), sign, wanted)]
    return left


def _holds(value: str | None, sign: str, wanted: str) -> bool:
    if value is None:
        return False
    one, two = _number(value), _number(wanted)
    if one is None or two is None:
        return {"=": value == wanted, "!=": value != wanted}.get(sign, False)
    equal = {"=": one == two, "!=": one != two, "<=": one <= two, ">=": one >= two}
    return (equal | {"<": one < two, ">": one > two})[sign]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def axes_of(clips: Iterable[Measured]) -> list[str]:
    """The axes on which the clips differ, in the order of their sweeps."""
    clips = list(clips)
    names = dict.fromkeys(name for clip in clips for name in clip.coordinates)
    return [name for name in names if len({clip.value(name) for clip in clips}) > 1]


def ranked(
    clips: Sequence[Measured], metric: str, better: Better | None, by: Sequence[str] = ()
) -> list[Place]:
    """Best first; clips that lack the number, or have no finite or infinite one, are left out.

    by: the axes whose values make groups, of which the mean counts. Raises UsageError when no clip has
    the number, a clip no value for one of `by`, or when nobody says which way is better (None).
    """
    having = [clip for clip in clips if not math.isnan(clip.numbers.get(metric, math.nan))]
    if not having:
        known = ", ".join(sorted({key for clip in clips for key in clip.numbers})) or "nothing"
        raise UsageError(f"no clip was measured with {metric}; measured: {known}")
    if better is None:
        raise UsageError(f"nothing says which way {metric} is better; add --lower or --higher")
    sign = -1 if better == "higher" else 1
    having.sort(key=lambda clip: sign * clip.numbers[metric])
    places = _groups(having, metric, by) if by else _singles(having, metric)
    return sorted(places, key=lambda place: sign * place.number)


def _singles(clips: Sequence[Measured], metric: str) -> list[Place]:
    axes = axes_of(clips)
    return [
        Place({axis: clip.value(axis) or "-" for axis in axes}, clip.numbers[metric], (clip,))
        for clip in clips
    ]


def _groups(clips: Sequence[Measured], metric: str, by: Sequence[str]) -> list[Place]:
    groups: dict[tuple[str, ...], list[Measured]] = {}
    for clip in clips:
        values = tuple(clip.value(axis) for axis in by)
        if None in values:
            raise UsageError(f"--by {','.join(by)}: {clip.folder.name} has no {by[values.index(None)]}")
        groups.setdefault(values, []).append(clip)  # type: ignore[arg-type]
    places = []
    for group, members in groups.items():
        found = [clip.numbers[metric] for clip in members]
        spread = stdev(found) if len(found) > 1 and all(map(math.isfinite, found)) else None
        places.append(Place(dict(zip(by, group, strict=True)), fmean(found), tuple(members), spread))
    return places


def direction(metric: str) -> Better | None:
    """Which way is better, where the metric's plugin says so; less time is better."""
    if metric.startswith("seconds."):
        return "lower"
    name = metric.removeprefix("before_post.")
    for cls in offers("metrics").values():
        if name in cls.measures:
            found: Better | None = cls.measures[name].better
            return found
    return None
