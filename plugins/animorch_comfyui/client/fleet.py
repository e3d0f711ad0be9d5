"""Fleet: the servers of a sweep, and who of the clips that wait gets a seat at which of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from threading import Condition
from typing import Any

from animorch import Progress
from animorch_comfyui.built import Built
from animorch_comfyui.client.desk import Desk
from animorch_comfyui.client.errand import Moved
from animorch_comfyui.client.failure import Gone, Refused, none_left
from animorch_comfyui.client.ledger import Ledger
from animorch_comfyui.client.pace import Pace
from animorch_comfyui.client.results import Asked
from animorch_comfyui.client.routing import seats
from animorch_comfyui.client.server import Server
from animorch_comfyui.client.ticket import Facts, Ticket, no_facts
from animorch_comfyui.client.visit import Made, Visit
from animorch_comfyui.offers import Offers


class Fleet:
    """Threads call `render`, each with one clip; at most `pace.seats` of them are in a server's queue."""

    def __init__(self, urls: Sequence[str], pace: Pace, ledger: Ledger) -> None:
        self.desks = {url: Desk(Server(url, pace)) for url in urls}
        self._pace, self._ledger = pace, ledger
        self._changed = Condition()  # its lock is the fleet's
        self._waiting: list[Ticket] = []
        self._numbers, self._under_way = count(), 0

    def offers(self) -> dict[str, Offers | Gone]:
        """What each server has, or why it says nothing."""
        found: dict[str, Offers | Gone] = {}
        with self._open():
            for url, desk in self.desks.items():
                try:
                    found[url] = desk.server.offers()
                except Gone as error:
                    found[url] = error
                    with self._changed:
                        desk.fall(error)
        return found

    @contextmanager
    def _open(self) -> Iterator[None]:
        """Nobody closes it meanwhile."""
        with self._changed:
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1

    def render(
        self,
        make: Callable[[Offers], Built],
        asked: Asked,
        progress: Progress,
        facts: Facts | None = None,
    ) -> Made:
        """Make one clip at some server; raises BackendError, and what `progress` raises."""
        with self._entered(make, asked, progress, facts or no_facts) as ticket:
            while True:
                with suppress(Moved):
                    return self._visit(self._seated(ticket), ticket)

    @contextmanager
    def _entered(self, *what: Any) -> Iterator[Ticket]:
        """A clip's ticket, which waits from now on and keeps no seat afterwards."""
        with self._open():
            with self._changed:
                ticket = Ticket(next(self._numbers), *what)
                self._wait(ticket)
            try:
                yield ticket
            finally:
                with self._changed:
                    self._waiting = [other for other in self._waiting if other is not ticket]
                    self._leave(ticket)

    def _leave(self, ticket: Ticket, kept: str | None = None) -> None:
        """Give up its seats, but for one that is kept for it at the server of this URL."""
        for desk in self.desks.values():
            if desk.url != kept:
                desk.leave(ticket)
        self._changed.notify_all()

    def _visit(self, desk: Desk, ticket: Ticket) -> Made:
        """Raises Moved when the clip is to be taken elsewhere."""
        turn, move = partial(self._turn, desk, ticket), partial(self._move, desk, ticket)
        visit = Visit(desk.server, ticket, self._ledger, turn, move)
        try:
            return visit.made()
        except Gone as error:
            with self._changed:
                desk.fall(error)
                ticket.home = None
                if visit.job is not None:
                    desk.left[visit.job] = ticket
                self._wait(ticket)
                self._leave(ticket)
            raise Moved from error
        except Refused as error:
            desk.server.forget()  # it contradicts what it said of itself
            ticket.refuse(desk.server, error)
            raise Moved from error

    def _seated(self, ticket: Ticket) -> Desk:
        """Wait for a seat, in the order of the calls; raises BackendError when no server is left for it."""
        with self._changed:
            self._wait(ticket)
            self._leave(ticket, kept=ticket.home)
        while True:
            self._survey(ticket)
            with self._changed:
                desk = self._given(ticket)
                if desk is not None:
                    self._waiting.remove(ticket)
                    self._changed.notify_all()
                    return desk
                self._hopeless(ticket)
            ticket.beat(ticket.step)
            with self._changed:
                self._changed.wait(self._pace.beat)

    def _wait(self, ticket: Ticket) -> None:
        if ticket not in self._waiting:
            self._waiting.append(ticket)
            self._waiting.sort(key=lambda other: other.number)

    def _given(self, ticket: Ticket) -> Desk | None:
        """The server whose turn it is to take this clip; null while there is none."""
        up = {url: desk for url, desk in self.desks.items() if desk.down is None}
        for gone in self.desks.keys() - up.keys():
            self.desks[gone].leave(ticket)  # a seat that is kept there would hold up the others' turns
        if ticket.home in up:
            desk = up[ticket.home]
            if ticket not in desk.ours:  # a seat that was kept for it has been taken already
                desk.seat(ticket)
            return desk
        known = [url for url, desk in up.items() if desk.server.known()]
        if not all(each.looked_at(known) for each in self._waiting if each.number <= ticket.number):
            return None  # the clips before this one come first, and do not know yet where they can go
        wants = [each.want(up) for each in self._waiting]
        sights = {url: desk.sight() for url, desk in up.items()}
        url = seats(wants, sights).get(self._waiting.index(ticket))
        if url is not None:
            self.desks[url].seat(ticket)
            ticket.home = url
        return self.desks[url] if url else None

    def _survey(self, ticket: Ticket) -> None:
        """Ask the servers what this clip has to know; one that does not answer counts as gone."""
        with self._changed:
            desks = sorted(self.desks.values(), key=lambda desk: desk.down is not None)
            last = all(desk.down is not None for desk in desks)
        for desk in desks:
            with self._changed:
                due, down = desk.look_due(ticket, last), desk.down
            if down is None or (due and self._risen(desk)):
                self._asked(desk, ticket)

    def _risen(self, desk: Desk) -> bool:
        """Look whether a server is back."""
        absent = desk.server.absent_still()
        with self._changed:
            if absent is not None:
                desk.fall(absent)
                return False
            desk.rise(self._waiting)
        desk.tidy()
        return True

    def _asked(self, desk: Desk, ticket: Ticket) -> None:
        """See whether a server can make it; while another thread asks what it offers, that is waited for."""
        with self._changed:
            if desk.asking and not desk.server.known():
                return
            asks = desk.asking = not desk.server.known()
        try:
            self._look(desk, ticket)
        except Gone as error:
            with self._changed:
                desk.fall(error)
        finally:
            if asks:
                with self._changed:
                    desk.asking = False
                    self._changed.notify_all()

    def _look(self, desk: Desk, ticket: Ticket) -> None:
        if ticket.look(desk.server) and ticket.home is None and ticket.search(desk.server, self._ledger):
            ticket.home = desk.url
        if len(self.desks) > 1:
            desk.recount()

    def _hopeless(self, ticket: Ticket) -> None:
        """Raises BackendError when neither a server that answers nor one that may come back can take it."""
        able = [desk for url, desk in self.desks.items() if url not in ticket.refusals]
        if any(desk.down is None or desk.waited_for(ticket) for desk in able):
            return
        raise none_left([*ticket.refusals.values(), *(desk.down for desk in able if desk.down is not None)])

    @contextmanager
    def _turn(self, desk: Desk, ticket: Ticket) -> Iterator[None]:
        """Held by one ticket of a server at a time, in the order in which they got their seats."""
        while True:
            with self._changed:
                if ticket not in desk.line or desk.line[0] is ticket:
                    break
                self._changed.wait(self._pace.beat)
            ticket.beat(ticket.step)
        try:
            yield
        finally:
            with self._changed:
                desk.sent(ticket)
                self._changed.notify_all()

    def _move(self, desk: Desk, ticket: Ticket, withdraw: Callable[[], bool]) -> bool:
        """Take a waiting job away to a server that has nothing to do; true when it is out of its queue."""
        target = self._idle(desk, ticket)
        if target is None:
            return False
        gone = False
        try:
            with suppress(Gone):
                gone = target.count() == 0 and withdraw()
        finally:
            with self._changed:
                if gone:
                    ticket.home = target.url
                else:
                    target.leave(ticket)
                self._changed.notify_all()
        return gone

    def _idle(self, desk: Desk, ticket: Ticket) -> Desk | None:
        """Another server without a job of ours, where a seat is kept from now on."""
        with self._changed:
            for other in self.desks.values():
                able = other.down is None and other.url in ticket.built
                if able and other is not desk and not other.ours and not other.others and not self._waiting:
                    other.seat(ticket)
                    return other
        return None

    def close(self) -> None:
        """End connections and threads, unless another thread renders; a later render takes them up again."""
        with self._changed:
            if self._under_way:
                return
            for desk in self.desks.values():  # under the lock, so that no render begins meanwhile
                if desk.left and desk.server.absent() is None:
                    desk.tidy(over=True)
                desk.server.close()
