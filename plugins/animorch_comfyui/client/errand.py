"""Errand: one job on one server, from the queue to its entry in the history."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

from animorch import BackendError
from animorch_comfyui.built import Built
from animorch_comfyui.client.failure import Lost, cancelled, failure
from animorch_comfyui.client.heard import Heard
from animorch_comfyui.client.server import Server
from animorch_comfyui.client.truth import Cancelled, Ended, State, Unknown, Waiting, state_of

LOOKS = 4  # that find a job nowhere before it counts as lost: its history is written late
FIRST = 0.005  # seconds after it was said to be over


class Moved(Exception):
    """The job was taken out of this queue, since another server has nothing to do."""


class Clock:
    """When to ask the server: every `poll` seconds, and in quick succession once a job is said to be over."""

    def __init__(self, poll: float) -> None:
        self._poll, self._gap, self._due = poll, poll, monotonic() + poll
        self._hurried = False

    def strikes(self, hurry: bool) -> bool:
        now = monotonic()
        if hurry and not self._hurried:
            self._hurried, self._gap, self._due = True, min(FIRST, self._poll), now
        if now < self._due:
            return False
        self._due = now + self._gap
        self._gap = min(2 * self._gap, self._poll)
        return True

    def left(self) -> float:
        return max(0.0, self._due - monotonic())


class Errand:
    """Follows a job that the server has. `beat` is called with the steps done and may raise."""

    def __init__(self, server: Server, job: str, built: Built, beat: Callable[[int], None]) -> None:
        """job: the id that it is given; the server's own may come later, with `known`."""
        self.mark = job  # in its files' names
        self.server, self.job, self.built, self._beat = server, job, built, beat
        self.heard = Heard(built)
        self._session: int | None = None  # the socket's, when the job was sent
        self._over = False
        self._taken_out = False  # by ourselves, or so it may be
        self._nowhere: list[float] = []  # when it was looked for and not found

    def begin(self) -> None:
        """Listen, before the job is sent."""
        self.server.socket.listen(self.job, self.heard)
        self._session = self.server.socket.session

    def known(self, job: str, taken_over: bool) -> None:
        """The server's id for the job, which is listened to from its first message on.

        One that an earlier process sent may have ended already.
        """
        self._over = taken_over
        if job != self.job:
            self.end()
            self.job = job
            self.server.socket.listen(job, self.heard)

    def end(self) -> None:
        self.server.socket.ignore(self.job, self.heard)

    def follow(self, move: Callable[[Callable[[], bool]], bool]) -> dict[str, Any]:
        """The history's entry of a job that ended well.

        move: asked while others are ahead of it, with a way to take it out of the queue; true once it is
        out and another server is to have it. Raises Moved, Lost, Gone, or BackendError for a job that
        failed, was cancelled or stands still.
        """
        clock, renewed = Clock(self.server.pace.poll), 0
        self.heard.latest = monotonic()
        while True:
            self._beat(self.heard.steps)
            over = self._over or self.heard.ended is not None
            if clock.strikes(hurry=over):
                state = state_of(self.server, self.job, over)
                if (entry := self._entry(state)) is not None:
                    return self._good(entry)
                if isinstance(state, Waiting) and state.ahead and move(self._withdrawn):
                    raise Moved
            renewed = self._patient(renewed)
            self.heard.news.wait(min(self.server.pace.beat, clock.left()))
            self.heard.news.clear()

    def _entry(self, state: State) -> dict[str, Any] | None:
        """The entry of an ended job, null while it goes on; raises when it is nowhere for good."""
        if isinstance(state, Ended):
            return state.entry
        if isinstance(state, Cancelled):
            raise self._vanished(by_somebody=True)
        if isinstance(state, Unknown):
            self._nowhere.append(monotonic())
            return self._missing()
        self._nowhere.clear()
        if isinstance(state, Waiting) and state.ahead:
            self.heard.latest = monotonic()  # others' jobs take as long as they take
        return None

    def _missing(self) -> dict[str, Any] | None:
        """Nowhere: late history, one that was cleared, a job that was deleted, or a server started anew."""
        since = monotonic() - self._nowhere[0]
        if len(self._nowhere) < LOOKS or since < self.server.pace.poll:
            return None
        if (entry := self.heard.entry()) is not None:
            return entry
        socket = self.server.socket
        same = self._session is not None and self._session == socket.session and socket.holds()
        raise self._vanished(by_somebody=same)

    def _vanished(self, by_somebody: bool) -> BackendError:
        if by_somebody and not self._taken_out:
            return cancelled(self.server.url)
        return Lost(f"{self.server.url} was started anew and has lost this clip's job")

    def _good(self, entry: dict[str, Any]) -> dict[str, Any]:
        status = entry.get("status") or {}
        told = {str(kind): data for kind, data in status.get("messages") or () if isinstance(data, dict)}
        if "execution_interrupted" in told:
            raise cancelled(self.server.url)
        if status.get("status_str") == "error" or "execution_error" in told:
            raise failure(self.server.url, self.built, told.get("execution_error") or {})
        return entry

    def _withdrawn(self) -> bool:
        """Take it out of the queue; false when it began to run meanwhile. Raises Gone: then it may be out."""
        self._taken_out = True
        self.server.delete(self.job)
        self._taken_out = isinstance(state_of(self.server, self.job), (Unknown, Cancelled))
        return self._taken_out

    def _patient(self, renewed: int) -> int:
        """Renew a socket that is silent; raises BackendError when there is no sign of life for too long.

        Where no socket gets through, or an earlier process sent the job, silence says nothing.
        """
        timeout = self.server.pace.timeout
        if self._over or self.server.socket.session is None:  # then nothing could be heard of it
            self.heard.latest = monotonic()
        silent = monotonic() - self.heard.latest
        if silent > timeout:
            self.server.cancel(self.job)
            raise BackendError(
                f"{self.server.url} gave no sign of life for {timeout:g} s while it rendered this clip, "
                "which was cancelled there; look at the server, or raise backend.timeout"
            )
        if silent > (renewed + 1) * timeout / 4:
            self.server.socket.renew()
            return renewed + 1
        return renewed if silent > timeout / 4 else 0
