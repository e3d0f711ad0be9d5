"""Lanes: points rendered in this process, one after another or, where a backend has lanes, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from threading import Event

from animorch.plugin import Backend
from animorch.runs.record import Record
from animorch.sweep.plan import Plan
from animorch.sweep.point import Point, backend_of
from animorch.sweep.progress import Reporter
from animorch.sweep.stage import run_point

Finished = Callable[[Point, Record], None]
Render = Callable[[Sequence[Point], Reporter, Finished], None]
Make = Callable[[Point], Record]


def in_process(plan: Plan) -> Render:
    """Each backend stays warm from its first point to its last and is then closed."""
    since = datetime.now(UTC) if plan.settings.force else None

    def render(points: Sequence[Point], reporter: Reporter, finished: Finished) -> None:
        stop = Event()

        def make(point: Point) -> Record:
            reporter.begins(point.label)
            told = partial(_told, stop, reporter, point.label)
            return run_point(point, plan.folder / point.folder, plan.settings.runs, told, since)

        for backends, members in _groups(points):
            try:
                lanes = min(backends[0].lanes(), len(members))
                if lanes > 1:
                    _abreast(members, lanes, make, finished, stop)
                else:
                    for point in members:
                        finished(point, make(point))
            finally:
                for backend in backends:
                    backend.close()

    return render


def _told(stop: Event, reporter: Reporter, label: str, step: int, total: int) -> None:
    """Handed to backends as their `progress`; an interrupt of the sweep reaches every lane by it."""
    if stop.is_set():
        raise KeyboardInterrupt
    reporter.step(label, step, total)


def _groups(points: Sequence[Point]) -> Iterator[tuple[list[Backend], list[Point]]]:
    """Points come grouped by backend; those of one plugin with other options share its lanes."""
    backends: list[Backend] = []
    members: list[Point] = []
    for point in points:
        assert point.experiment is not None
        backend = backend_of(point.experiment)
        together = backends and (
            backend is backends[-1] or (type(backend) is type(backends[-1]) and backend.lanes() > 1)
        )
        if backends and not together:
            yield backends, members
            backends, members = [], []
        backends += [] if backend in backends else [backend]
        members.append(point)
    if members:
        yield backends, members


def _abreast(points: Sequence[Point], lanes: int, make: Make, finished: Finished, stop: Event) -> None:
    """Begin points in their order, `lanes` at once; an interrupt stops those under way and begins no more."""
    with ThreadPoolExecutor(lanes, thread_name_prefix="lane") as pool:
        rest = {pool.submit(make, point): point for point in points}
        try:
            for future in as_completed(list(rest)):
                finished(rest.pop(future), future.result())
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            _tell_the_rest(rest, finished)
            raise


def _tell_the_rest(rest: dict[Future[Record], Point], finished: Finished) -> None:
    """Points that came to their end while the others were being stopped."""
    for future, point in rest.items():
        with suppress(CancelledError, KeyboardInterrupt):
            finished(point, future.result())
