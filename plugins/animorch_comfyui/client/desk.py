"""Desk: a server as the fleet sees it: who sits there, what it has loaded, and whether it answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from animorch import BackendError
from animorch_comfyui.client.failure import Barred, Gone
from animorch_comfyui.client.routing import Sight
from animorch_comfyui.client.server import Server
from animorch_comfyui.client.ticket import Ticket

LONGEST = 10.0  # seconds between two looks at a server that does not answer


class Desk:
    """Its fields are read and changed under the fleet's lock; what asks the server is not."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.ours: list[Ticket] = []
        self.line: deque[Ticket] = deque()  # who has a seat and has not sent its job yet
        self.loads: frozenset[str] = frozenset()
        self.asking = False  # whether a thread is at finding out what it offers
        self.others = 0  # jobs of other people
        self.down: Gone | None = None  # why it counts as gone
        self.left: dict[str, Ticket] = {}  # jobs that it had when it went, by their ids
        self._since = self._looked = self._counted = float("-inf")
        self._pause = 0.0

    @property
    def url(self) -> str:
        return self.server.url

    def sight(self) -> Sight:
        free = self.server.pace.seats - len(self.ours)
        return Sight(max(0, free), len(self.ours) + self.others, self.loads)

    def seat(self, ticket: Ticket) -> None:
        self.ours.append(ticket)
        self.line.append(ticket)
        self.loads = frozenset(ticket.built[self.url].loads)
        self._counted = float("-inf")

    def leave(self, ticket: Ticket) -> None:
        if ticket in self.ours:
            self.ours.remove(ticket)
        self.sent(ticket)

    def sent(self, ticket: Ticket) -> None:
        with suppress(ValueError):
            self.line.remove(ticket)

    def fall(self, error: Gone) -> None:
        """It does not answer any more."""
        now = monotonic()
        if self.down is None:
            self._since, self._pause = now, self.server.pace.backoff
        self.down, self._looked, self.loads = error, now, frozenset()

    def rise(self, waiting: Sequence[Ticket]) -> None:
        """It answers again. What it was at and nobody else took up is looked for there first."""
        for ticket in self.left.values():
            if ticket in waiting and ticket.home is None:
                ticket.home = self.url
        self.down, self.others, self._counted = None, 0, float("-inf")

    def waited_for(self, ticket: Ticket) -> bool:
        """Whether it may still come back in time: the ticket has had a look at it, and patience is over."""
        if isinstance(self.down, Barred):
            return self._looked < ticket.entered
        return self._looked < ticket.entered or monotonic() < self._since + self.server.pace.patience

    def look_due(self, ticket: Ticket, last: bool) -> bool:
        """Whether somebody should look if it is back; the one who asks does.

        last: none answers, so a ticket that came since the last look has one of its own.
        """
        now = monotonic()
        early = now < self._looked + self._pause and not (last and self._looked < ticket.entered)
        if self.down is None or early:
            return False
        self._looked, self._pause = now, min(2 * self._pause, LONGEST)
        return True

    def recount(self) -> None:
        """See how many jobs of others it has, when that was long ago; raises Gone."""
        now = monotonic()
        if now >= self._counted + self.server.pace.poll:
            self._counted = now
            self.others = self.count()

    def count(self) -> int:
        """Jobs in its queue that are not ours; raises Gone."""
        running, pending = self.server.queue()
        return max(0, len(running) + len(pending) - len(self.ours))

    def tidy(self, over: bool = False) -> None:
        """Cancel what it still has of clips that another server was given; over: nobody waits for any."""
        for job in [job for job, ticket in self.left.items() if over or ticket.home != self.url]:
            with suppress(BackendError):
                self.server.cancel(job)
        self.left.clear()
