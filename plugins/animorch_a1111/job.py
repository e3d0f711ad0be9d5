"""Job: one request under way, watched from a second connection, and stopped when it has to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event
from time import monotonic
from typing import Any

from animorch import BackendError, RenderSpec
from animorch_a1111.attended import Attended, Pace
from animorch_a1111.server import Away, Lost, Refused, Reply, Server, State
from animorch_a1111.stopping import after_loss, stop

_GLANCE = 1.0  # seconds for a look at the progress: whoever interrupts should not wait for it
_LEFT = 10  # times the patience after which another's job that takes no step is not waited for
Tick = Callable[[], None]


class Steps:
    """The server's fraction as steps that never fall, through the passes of FreeInit."""

    def __init__(self, steps: int, passes: int, tell: Callable[[int, int], None]) -> None:
        self.total = steps * passes
        self._steps = steps
        self._passes = passes
        self._tell = tell
        self._pass, self._last, self._told = 0, 0, 0

    def tick(self) -> None:
        """Say where it is; an interrupt comes out of here."""
        self._tell(self._told, self.total)

    def saw(self, state: State) -> None:
        if not state.busy:
            return
        if state.step < self._last and self._pass < self._passes - 1:
            self._pass += 1
        self._last = state.step
        done = (self._pass + min(state.fraction, 1.0)) * self._steps
        self._told = max(self._told, min(self.total, int(done)))

    def end(self) -> None:
        self._told = self.total
        self.tick()


def steps_of(spec: RenderSpec, tell: Callable[[int, int], None]) -> Steps:
    """The steps that a clip takes."""
    return Steps(spec.steps, spec.freeinit.iterations if spec.freeinit else 1, tell)


def wait_until_idle(server: Server, tick: Tick, pace: Pace) -> None:
    """Wait for the job of somebody else; raises BackendError when that one takes no step any more."""
    seen, since = State(), monotonic()
    while True:
        now = _patiently(server, tick, pace)
        if not now.busy:
            return
        since = since if now == seen else monotonic()
        seen = now
        if monotonic() - since > _LEFT * pace.patience:
            raise BackendError(
                f"{server.url} has had another job under way for {_LEFT * pace.patience:g} seconds without a "
                "step; look what it does, or restart it"
            )
        Event().wait(pace.poll)
        tick()


def _patiently(server: Server, tick: Tick, pace: Pace) -> State:
    """What it is at, also of a server that loads a model and is slow to answer. Raises Away, Lost."""
    until = monotonic() + pace.patience
    while True:
        try:
            return server.state(read=_GLANCE)
        except Lost as error:
            if monotonic() > until:
                raise _lifeless(server, pace) from error
        Event().wait(pace.poll)
        tick()


def _lifeless(server: Server, pace: Pace) -> Lost:
    return Lost(f"{server.url} has shown no sign of life for {pace.patience:g} seconds")


def run(server: Server, route: str, body: Mapping[str, Any], steps: Steps, pace: Pace) -> Reply:
    """Send a job and see it to its end.

    Whatever `steps` raises goes on once the server has been interrupted and is idle. Raises Away when
    nothing was sent; Cut when the connection broke and the job is certainly over without a clip; BackendError
    when it broke otherwise, when it ran past the timeout, and when another hand interrupted it: the clip
    that the server then returns looks finished and is not.
    """
    running = Attended(lambda: server.generate(route, body))
    try:
        stopped = _watched(server, running, steps, pace)
        reply = running.result()
    except Away:
        raise
    except Lost as error:
        raise after_loss(server, error, pace) from error
    except BaseException:
        stop(server, running, pace)
        raise
    if stopped or _touched(server):
        raise BackendError(
            f"{server.url}: another hand interrupted the job, so its clip is not what was asked for; "
            "the same command tries it again"
        )
    return reply


def _watched(server: Server, running: Attended[Reply], steps: Steps, pace: Pace) -> bool:
    """Wait and tell the progress; returns whether any job was seen to be interrupted meanwhile.

    It may have been one before ours, of somebody else: better a point too few than half a clip.
    """
    began = alive = monotonic()
    stopped = False
    while not running.over(pace.poll):
        state = _glance(server)
        if state is not None:
            alive = monotonic()
            stopped |= state.busy and state.interrupted
            steps.saw(state)
        steps.tick()
        if pace.timeout is not None and monotonic() - began > pace.timeout:
            raise BackendError(
                f"{server.url} took longer than backend.timeout={pace.timeout:g} seconds and was "
                "interrupted; raise it, or ask for a smaller clip"
            )
        if monotonic() - alive > pace.patience:
            raise _lifeless(server, pace)
    return stopped


def _touched(server: Server) -> bool:
    """Whether the job that just ended was interrupted; the server keeps that until the next one begins."""
    try:
        return server.state().interrupted
    except (Away, Lost, Refused):
        return False


def _glance(server: Server) -> State | None:
    """A look that may fail: a server that loads a model is slow to answer."""
    try:
        return server.state(read=_GLANCE)
    except (Away, Lost, Refused):
        return None
