"""Crew: the workers of a backend, one a server, and which of them renders what."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Condition
from time import monotonic

from animorch import BackendError, Progress, RenderSpec, Unsupported
from animorch_a1111.fault import Fault
from animorch_a1111.job import steps_of
from animorch_a1111.kept import Made
from animorch_a1111.offers import Offers
from animorch_a1111.request import called
from animorch_a1111.server import Away
from animorch_a1111.stopping import Cut
from animorch_a1111.worker import Worker

_AGAIN = 20.0  # seconds until a server that did not answer is asked again
_WAIT = 0.2  # seconds between looks for a free worker


class Crew:
    """Hands each clip to a free worker that can make it, one with its checkpoint loaded before others."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self.workers = tuple(workers)
        self._free = Condition()
        self._busy: set[int] = set()
        self._known: dict[int, Offers] = {}  # as last seen
        self._away: dict[int, tuple[float, BackendError]] = {}  # since when, and what was said

    def render(self, spec: RenderSpec, progress: Progress) -> Made:
        """Render a clip on one server. Raises BackendError.

        Another server, or the same one again, is tried only when nothing was sent, or once when the job that
        was sent is certainly over without a clip.
        """
        tried = False
        while True:
            worker = self._taken(spec, progress)
            try:
                return worker.render(spec, progress)
            except Away as error:
                self._drain(worker, error)
            except Cut as error:
                if tried:
                    raise BackendError(f"{error}; the same happened before, the point is given up") from error
                tried = True
            except Fault as fault:
                raise BackendError(
                    f"{worker.server.url}: {fault}" if self.workers[1:] else str(fault)
                ) from fault
            finally:
                self._give_back(worker)

    def problems(self, specs: Sequence[RenderSpec]) -> list[list[str]]:
        """Why no server can make a clip, one list a spec; servers that do not answer count only alone."""
        there = [worker for worker in self.workers if self._answers(worker)]
        if not there:
            sentence = self._nobody()
            return [[sentence] for _ in specs]
        return [self._of_all(spec, there) for spec in specs]

    def _of_all(self, spec: RenderSpec, workers: Sequence[Worker]) -> list[str]:
        """Nothing where one server can make it, else what the first one lacks."""
        found = [self._problems(worker, spec) for worker in workers]
        return found[0] if all(found) else []

    def silent(self) -> list[str]:
        """What was said of servers that did not answer; asks nothing."""
        return [str(error) for _, error in tuple(self._away.values())]  # other threads write to it

    def unlike(self) -> list[str]:
        """What the servers differ in that shows in the pixels; asks nothing."""
        known = [offers for offers in tuple(self._known.values()) if offers.args is not None]
        found = {
            "their AnimateDiff": {called(offers.args or {}) for offers in known},
            "their option randn_source": {str(offers.options.get("randn_source")) for offers in known},
        }
        return [
            f"backend.urls: the servers differ in {what} ({' and '.join(sorted(values))}), so one spec gives "
            "another clip on each; compare points of servers that agree"
            for what, values in found.items()
            if len(values) > 1
        ]

    def close(self) -> None:
        """End every session; options are given back."""
        for worker in self.workers:
            worker.close()
        self._away.clear()

    def _taken(self, spec: RenderSpec, progress: Progress) -> Worker:
        """Wait for a free worker that can make it; raises BackendError when there is none to wait for."""
        able = self._able(spec)
        with self._free:
            while True:
                able = [worker for worker in able if not worker.closed and id(worker) not in self._away]
                if not able:
                    raise BackendError(self._nobody())
                free = [worker for worker in able if id(worker) not in self._busy]
                if free:
                    best = max(free, key=lambda worker: worker.has(spec))
                    self._busy.add(id(best))
                    return best
                self._free.wait(_WAIT)
                steps_of(spec, progress).tick()

    def _able(self, spec: RenderSpec) -> list[Worker]:
        there = [worker for worker in self.workers if not worker.closed and self._answers(worker)]
        if not there:
            raise BackendError(self._nobody())
        lacking = {worker: self._problems(worker, spec) for worker in there}
        able = [worker for worker, problems in lacking.items() if not problems]
        if not able:
            raise Unsupported("; ".join(lacking[there[0]]))
        return able

    def _problems(self, worker: Worker, spec: RenderSpec) -> list[str]:
        """What a server lacks; that it went away meanwhile is a problem of its own."""
        try:
            return worker.problems(spec)
        except BackendError as error:
            self._drain(worker, error)
            return [str(error)]

    def _answers(self, worker: Worker) -> bool:
        """Whether a server is there; one that was not is asked again after a while."""
        since, _ = self._away.get(id(worker), (None, None))
        if since is not None and monotonic() - since < _AGAIN:
            return False
        if since is not None:
            worker.forget()
        try:
            self._known[id(worker)] = worker.look()
        except BackendError as error:
            self._away[id(worker)] = (monotonic(), error)
            return False
        self._away.pop(id(worker), None)
        return True

    def _drain(self, worker: Worker, error: BackendError) -> None:
        worker.forget()
        self._away[id(worker)] = (monotonic(), error)

    def _give_back(self, worker: Worker) -> None:
        with self._free:
            self._busy.discard(id(worker))
            self._free.notify_all()

    def _nobody(self) -> str:
        """Why no server takes a point: what was said of each."""
        closed = [worker.closed for worker in self.workers if worker.closed]
        return "; ".join(dict.fromkeys([*closed, *self.silent()])) or "no server is there; try again"
