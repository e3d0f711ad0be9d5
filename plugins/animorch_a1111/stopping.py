"""Stopping: a job that is to end, or whose connection broke, until it certainly renders no more."""

from __future__ import annotations

from threading import Event
from time import monotonic

from animorch import BackendError
from animorch_a1111.attended import Attended, Pace
from animorch_a1111.server import Away, Lost, Refused, Reply, Server


class Cut(BackendError):
    """The connection broke, and the server certainly does not have the clip under way any more."""


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


def after_loss(server: Server, error: Lost, pace: Pace) -> BackendError:
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
