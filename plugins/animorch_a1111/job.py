"""Job: one request under way, watched from a second connection, and stopped when it has to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import Any, Generic, TypeVar

from animorch import BackendError
from animorch_a1111.server import Away, Lost, Refused, Reply, Server, State

_GLANCE = 1.0  # seconds for a look at the progress: whoever interrupts should not wait for it
_LEFT = 10  # times the patience after which another's job that takes no step is not waited for
Tick = Callable[[], None]
Result = TypeVar("Result")


class Cut(BackendError):
    """The connection broke, and the server certainly does not have the clip under way any more."""


@dataclass(frozen=True)
class Pace:
    """Seconds: between looks, for a whole job (None: any time), and without a sign of life."""

    poll: float = 0.5
    timeout: float | None = None
    patience: float = 60.0


class Attended(Generic[Result]):
    """A call in a thread of its own, so that its caller can look round and be interrupted."""

    def __init__(self, call: Callable[[], Result]) -> None:
        self._call = call
        self._over = Event()
        self._result: list[Result] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True, name="a1111")
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result.append(self._call())
        except BaseException as error:
            self._error = error
        finally:
            self._over.set()

    def over(self, within: float) -> bool:
        """Whether it comes to an end within that many seconds."""
        over = self._over.wait(within)
        if over:
            self._thread.join()
        return over

    @property
    def answered(self) -> bool:
        """Whether it came to its end without an error."""
        return bool(self._result)

    def result(self) -> Result:
        """What it returned, once it is over; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._result[0]


def attended(call: Callable[[], Result], tick: Tick, pace: Pace) -> Result:
    """A call that cannot be stopped (a checkpoint that loads): when `tick` raises, its end is waited for."""
    running = Attended(call)
    try:
        while not running.over(pace.poll):
            tick()
    except BaseException:
        running.over(pace.patience)
        raise
    return running.result()


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


def wait_until_idle(server: Server, tick: Tick, pace: Pace) -> State:
    """Wait for the job of somebody else; raises BackendError when that one takes no step any more."""
    seen, since = server.state(), monotonic()
    while seen.busy:
        Event().wait(pace.poll)
        tick()
        now = server.state()
        since = since if now == seen else monotonic()
        seen = now
        if monotonic() - since > _LEFT * pace.patience:
            raise BackendError(
                f"{server.url} has had another job under way for {_LEFT * pace.patience:g} seconds without a "
                "step; look what it does, or restart it"
            )
    return seen


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
        raise _after_loss(server, error, pace) from error
    except BaseException:
        stop(server, running, pace)
        raise
    if _touched(server, stopped):
        raise BackendError(
            f"{server.url}: another hand interrupted the job, so its clip is not what was asked for; "
            "the same command tries it again"
        )
    return reply


def _watched(server: Server, running: Attended[Reply], steps: Steps, pace: Pace) -> set[str]:
    """Wait and tell the progress; returns when the jobs began that were seen to be interrupted."""
    began = alive = monotonic()
    stopped: set[str] = set()
    while not running.over(pace.poll):
        state = _glance(server)
        if state is not None:
            alive = monotonic()
            stopped |= {state.began} if state.busy and state.interrupted else set()
            steps.saw(state)
        steps.tick()
        if pace.timeout is not None and monotonic() - began > pace.timeout:
            raise BackendError(
                f"{server.url} took longer than backend.timeout={pace.timeout:g} seconds and was "
                "interrupted; raise it, or ask for a smaller clip"
            )
        if monotonic() - alive > pace.patience:
            raise Lost(f"{server.url} has shown no sign of life for {pace.patience:g} seconds")
    return stopped


def _touched(server: Server, stopped: set[str]) -> bool:
    """Whether the job that just ended was interrupted; the server keeps that until the next one begins."""
    try:
        state = server.state()
    except (Away, Lost, Refused):
        return bool(stopped)
    return state.interrupted or state.began in stopped


def stop(server: Server, running: Attended[Reply], pace: Pace) -> bool:
    """Interrupt and wait until the job is over, its reply thrown away; whether it came to that.

    One interrupt may be missed by a job that has not begun, so it is said again.
    """
    until = monotonic() + pace.patience
    while monotonic() < until:
        over = running.over(0)
        if over and running.answered:
            return True
        try:
            if over and not server.state().busy:  # its connection broke meanwhile
                return True
            server.interrupt()
        except (Away, Lost, Refused):
            if over:
                return False
        running.over(pace.poll)
    return False


def _after_loss(server: Server, error: Lost, pace: Pace) -> BackendError:
    """What a broken connection comes to, by what the server says of itself; never a second blind try."""
    until = monotonic() + pace.patience
    cut = False
    while monotonic() < until:
        try:
            state = server.state()
            cut = cut or state.ending
            if not state.busy:
                return _over(error, cut)
            server.interrupt()
            cut = cut or server.state().ending
        except Away as away:
            if away.gone:
                return Cut(f"{error}, and nothing listens there any more")
        except (Lost, Refused):
            pass
        Event().wait(pace.poll)
    return BackendError(
        f"{error}, and whether it still renders cannot be told; look at it, then repeat the command"
    )


def _over(error: Lost, cut: bool) -> BackendError:
    """Of a server that is idle: one that was seen to stop made no clip; another may have finished it."""
    if cut:
        return Cut(f"{error}; the job was interrupted")
    return BackendError(f"{error}, and with it the clip, if it was finished; repeat the command")


def _glance(server: Server) -> State | None:
    """A look that may fail: a server that loads a model is slow to answer."""
    try:
        return server.state(read=_GLANCE)
    except (Away, Lost, Refused):
        return None
