"""Cost: what a plan will take, told before it is paid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from animorch.plugin import Backend
from animorch.runs.store import Rendered, Store
from animorch.spec.experiment import Experiment
from animorch.spec.render import RenderSpec
from animorch.sweep.order import loads
from animorch.sweep.plan import Plan
from animorch.sweep.point import Point, backend_of
from animorch.sweep.todo import Todo

_STORED = 0.6  # FFV1 against raw RGB, 7.5 of 12.6 MB on a textured 512 px clip


@dataclass(frozen=True)
class Cost:
    """Figures of what is left to do."""

    done: int  # points whose folder is complete
    reused: int  # points whose frames are stored, so that only files are written
    to_render: int
    loads: int  # times that backend or weights change
    unet_calls: int
    shared_calls: int  # of unet_calls, those that a clip before has done
    megabytes: float  # of new frames on disk
    seconds: float | None  # None until a clip of this backend and about this size has been measured


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
        shared_calls=_shared(specs),
        megabytes=sum(_STORED * spec.frames * spec.width * spec.height * 3 / 1e6 for spec in specs),
        seconds=_predicted(plan.settings.runs, specs),
    )


def _shared(specs: Sequence[Experiment]) -> int:
    """UNet calls that backends share, each asked for its clips in the order in which they come."""
    asked: dict[int, tuple[Backend, list[RenderSpec]]] = {}
    for experiment in specs:
        backend = backend_of(experiment)
        asked.setdefault(id(backend), (backend, []))[1].append(experiment.spec)
    return sum(backend.shared(each) for backend, each in asked.values())


def _first_of_each(points: Iterable[Point]) -> list[Point]:
    return list({point.render_key: point for point in points}.values())


def work(spec: RenderSpec) -> float:
    """A clip's size in UNet calls x frames in a call x megapixels: what render time grows with."""
    frames = spec.window.length if spec.window else spec.frames
    return spec.unet_calls * min(frames, spec.frames) * spec.width * spec.height / 1e6


def _predicted(runs: Path, specs: Sequence[Experiment]) -> float | None:
    """Seconds by the rates of measured clips alike; None when there is none for one of the specs."""
    measured = Store(runs).newest(200) if specs else []
    seconds = [_seconds(measured, spec) for spec in specs]
    return None if None in seconds else sum(found for found in seconds if found is not None)


def _seconds(measured: Sequence[Rendered], spec: Experiment) -> float | None:
    """By the median rate of this backend's clips of a quarter to four times the work.

    A clip far smaller says nothing: what is spent beside the denoising then makes most of its time.
    """
    size = work(spec)
    rates = [
        fact.seconds / fact.work
        for fact in measured
        if fact.backend == spec.backend.name and size / 4 <= fact.work <= size * 4
    ]
    return size * median(rates) if rates else None
