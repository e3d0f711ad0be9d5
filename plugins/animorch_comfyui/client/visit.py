"""Visit: one clip at one server, from its turn to send until its frames are here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from animorch import BackendError, Clip
from animorch_comfyui.built import Built
from animorch_comfyui.client.errand import Errand, Moved
from animorch_comfyui.client.failure import Gone, Lost, Stale
from animorch_comfyui.client.ledger import Ledger
from animorch_comfyui.client.results import clip_of, films
from animorch_comfyui.client.server import Server
from animorch_comfyui.client.socket import Message
from animorch_comfyui.client.submission import body, submitted
from animorch_comfyui.client.ticket import Ticket
from animorch_comfyui.client.truth import found
from animorch_comfyui.offers import Offers

BREAKS = 5  # times the attempts that a clip bears servers which stop answering
_CURES: dict[type[BackendError], str] = {
    Lost: "look at its log, it may run out of memory at this clip",
    Stale: "see that nobody empties its output folder meanwhile, or start the server anew",
}


@dataclass(frozen=True)
class Made:
    """A clip, and what is known of its making."""

    clip: Clip
    server: str  # its URL
    built: Built
    graph: Mapping[str, Any]  # as it was sent
    entry: Mapping[str, Any]  # of the server's history
    messages: Sequence[tuple[float, Message]]  # of its websocket, each with the time it came at (monotonic)
    stats: Mapping[str, Any] | None  # /system_stats
    offers: Offers | None
    sent: float | None  # when (monotonic); null for a job of an earlier process that was taken over
    films: tuple[str, ...] = ()  # what further output nodes made, in words


@dataclass
class Visit:
    """turn: held while sending, so that clips enter a queue in their order. move: see Errand.follow."""

    server: Server
    ticket: Ticket
    ledger: Ledger
    turn: Callable[[], AbstractContextManager[None]]
    move: Callable[[Callable[[], bool]], bool]
    job: str | None = None  # the server's id for it, while it may have it
    _mark: str = ""  # ours for it
    _sent: float | None = None
    _graph: dict[str, Any] = field(default_factory=dict)

    def made(self) -> Made:
        """Raises Gone and Moved, after which another server may take the clip, or BackendError."""
        while True:
            try:
                return self._once()
            except (Lost, Stale) as error:
                self.ticket.faults += 1
                if self.ticket.faults >= self.server.pace.attempts:
                    raise BackendError(
                        f"{error}, {self.ticket.faults} times now; {_CURES[type(error)]}"
                    ) from error

    def _once(self) -> Made:
        built = self.ticket.built[self.server.url]
        key = built.key()
        errand: Errand | None = None
        mark = ""
        try:
            with self.turn():
                mark, sent = self.ledger.job(key)
                errand = Errand(self.server, mark, built, self.ticket.beat)
                errand.begin()
                self.job = self._mark = mark
                self._place(errand, key, sent)
            made = self._collected(errand)
        except (Gone, Lost, Moved) as error:
            if isinstance(error, Gone):
                self._broken(error, key, mark)
            raise  # its id stays, so that it is found again wherever it is
        except BaseException as error:
            if self._cancel() or isinstance(error, BackendError):  # else the next command looks for it there
                self.ledger.ended(key, mark)
            raise
        finally:
            if errand is not None:
                errand.end()
        self.ledger.ended(key, mark)
        self.job = None
        self.ticket.done()
        return made

    def _place(self, errand: Errand, key: str, sent: bool) -> None:
        """Take over a job that an earlier process, or an earlier try, has sent; else send it."""
        job = found(self.server, errand.mark) if sent else None
        taken_over = job is not None
        if job is None:
            self._count()
            what = body(self.server, errand.built, errand.mark, self.ticket.facts)
            self._graph = what["prompt"]
            self.ledger.sent(key, errand.mark)
            self._sent = monotonic()
            job = submitted(self.server, errand.built, what)
        self.job = job
        errand.known(job, taken_over)

    def _count(self) -> None:
        """A clip whose job takes servers down is not sent for ever."""
        self.ticket.sent += 1
        if self.ticket.sent > self.server.pace.attempts:
            raise BackendError(
                f"this clip's job was lost {self.ticket.sent - 1} times, at last with {self.server.url}; it "
                "may run out of memory: look at its log, or ask for fewer or smaller frames"
            )

    def _broken(self, error: Gone, key: str, mark: str) -> None:
        """Raises BackendError when it happens over and over: at a server that answers all but this."""
        self.ticket.breaks += 1
        if self.ticket.breaks >= BREAKS * self.server.pace.attempts:
            self._cancel()
            self.ledger.ended(key, mark)
            raise BackendError(f"{error}; {self.ticket.breaks} times for this clip") from error

    def _collected(self, errand: Errand) -> Made:
        entry = errand.follow(self.move)
        self.job = None  # nothing is left to cancel
        server, built, steps = self.server, errand.built, errand.heard.steps
        clip = clip_of(server, built, errand.mark, entry, self.ticket.asked, lambda: self.ticket.beat(steps))
        played = tuple(films(server, built, entry))
        graph = self._graph or _graph_of(entry) or built.graph
        told = errand.heard.told()
        stats: Mapping[str, Any] | None = None
        offers: Offers | None = None
        with suppress(Gone):  # the clip is here, whatever becomes of the server
            stats, offers = server.stats(), server.offers()
        return Made(clip, server.url, built, graph, entry, told, stats, offers, self._sent, played)

    def _cancel(self) -> bool:
        """Nothing of ours is left behind, whatever went wrong; false when the server could not be told."""
        job, self.job = self.job, None
        if job is None:
            return True
        try:
            known = self.server.keeps_ids or job != self._mark
            self.server.cancel(job if known else found(self.server, job) or job)
        except BackendError:
            return False
        return True


def _graph_of(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The graph in an entry of the history, whose prompt is [number, id, graph, …]; empty without one."""
    said = entry.get("prompt")
    graph = said[2] if isinstance(said, (list, tuple)) and len(said) > 2 else None
    return graph if isinstance(graph, Mapping) else {}
