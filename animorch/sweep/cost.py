"""Cost: what a plan will take, told before it is paid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from animorch.runs.store import Store
from animorch.spec.experiment import Experiment
from animorch.spec.render import RenderSpec
from animorch.sweep.order import loads
from animorch.sweep.plan import Plan
from animorch.sweep.point import Point
from animorch.sweep.todo import Todo

_STORED = 0.6  # FFV1 against raw RGB, 7.5 of 12.6 MB on a textured 512 px clip


@dataclass(frozen=True)
class Cost:
    """Figures of what is left to do."""

    done: int  # points whose folder is complete
    reused: int  # points whose frames are stored, so that only files are written
    to_render: int
    loads: int  # weights loaded or swapped
    unet_calls: int
    megabytes: float  # of new frames on disk
    seconds: float | None  # None until a clip of this backend has been measured


def cost(plan: Plan, left: Todo) -> Cost:
    """What is done, and what the rest takes."""
    store, force = Store(plan.settings.runs), plan.settings.force
    fresh = _first_of_each(point for point in left.make if force or not store.has(point.render_key))
    specs = [point.experiment for point in fresh if point.experiment]
    return Cost(
        done=len(left.kept),
        reused=len(left.make) - len(fresh),
        to_render=len(fresh),
        loads=loads(fresh),
        unet_calls=sum(spec.unet_calls for spec in specs),
        megabytes=sum(_STORED * spec.frames * spec.width * spec.height * 3 / 1e6 for spec in specs),
        seconds=_predicted(plan.settings.runs, specs),
    )


def _first_of_each(points: Iterable[Point]) -> list[Point]:
    return list({point.render_key: point for point in points}.values())


def work(spec: RenderSpec) -> float:
    """A clip's size in UNet calls x frames in a call x megapixels: what render time grows with."""
    frames = spec.window.length if spec.window else spec.frames
    return spec.unet_calls * min(frames, spec.frames) * spec.width * spec.height / 1e6


def _predicted(runs: Path, specs: Sequence[Experiment]) -> float | None:
    """Seconds by the median rate of the newest measured clips of each backend; None when one has none."""
    if not specs:
        return 0.0
    rates: dict[str, list[float]] = {}
    for fact in Store(runs).newest(50):
        if fact.work > 0:
            rates.setdefault(fact.backend, []).append(fact.seconds / fact.work)
    if any(spec.backend.name not in rates for spec in specs):
        return None
    return sum(work(spec) * median(rates[spec.backend.name]) for spec in specs)
