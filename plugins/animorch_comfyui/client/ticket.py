"""Ticket: one clip on its way: what is asked for, where it may be made, and how often it was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from animorch import BackendError, Progress
from animorch_comfyui.built import Built, Graph
from animorch_comfyui.client.ledger import Ledger
from animorch_comfyui.client.results import Asked
from animorch_comfyui.client.routing import Want
from animorch_comfyui.client.server import Server
from animorch_comfyui.client.truth import found
from animorch_comfyui.offers import Offers

Facts = Callable[[Graph, Offers], Mapping[str, Any]]
"""What the server is to write into the files of a graph, besides that graph."""


def no_facts(graph: Graph, offers: Offers) -> Mapping[str, Any]:
    return {}


@dataclass(eq=False)
class Ticket:
    """`make` builds the graph for what a server offers; it raises BackendError where that lacks something."""

    number: int  # clips are served in this order
    make: Callable[[Offers], Built]
    asked: Asked
    progress: Progress
    facts: Facts = no_facts
    built: dict[str, Built] = field(default_factory=dict)  # by the URL of a server that can make it
    refusals: dict[str, BackendError] = field(default_factory=dict)  # by the URL of one that cannot
    sent: int = 0  # times that it was put into a queue
    home: str | None = None  # the URL of the server that has its job, or keeps a seat for it
    entered: float = field(default_factory=monotonic)
    faults: int = 0  # times that a job of it was lost, or delivered another run's files
    breaks: int = 0  # times that a server stopped answering while it was there
    _again: set[str] = field(default_factory=set)
    step: int = 0  # how far it is, and of how many
    total: int = 1

    def look(self, server: Server) -> bool:
        """See whether a server can make it; true when that is news and it can. Raises Gone."""
        if server.url in self.built or server.url in self.refusals:
            return False
        offers = server.offers()
        try:
            built = self.make(offers)
        except BackendError as error:
            self.refusals[server.url] = error
            return False
        if not self.built:
            self.total = max(1, built.steps)
        self.built[server.url] = built
        return True

    def search(self, server: Server, ledger: Ledger) -> bool:
        """Whether the server has a job of it already, sent by an earlier process; raises Gone."""
        mark, sent = ledger.job(self.built[server.url].key())
        return sent and found(server, mark) is not None

    def refuse(self, server: Server, error: BackendError) -> None:
        """It does not take the graph. Pictures are sent once more, since somebody may have removed them."""
        self.home, built = None, self.built.pop(server.url, None)
        if built is None or not built.pictures or server.url in self._again:
            self.refusals[server.url] = error
        self._again.add(server.url)

    def looked_at(self, urls: Iterable[str]) -> bool:
        return all(url in self.built or url in self.refusals for url in urls)

    def want(self, urls: Iterable[str]) -> Want:
        return Want({url: self.built[url].loads for url in urls if url in self.built})

    def beat(self, steps: int = 0) -> None:
        """Tell how far it is, which never falls, not even when it begins again elsewhere; may raise."""
        self.step = max(self.step, min(steps, self.total))
        self.progress(self.step, self.total)

    def done(self) -> None:
        self.beat(self.total)
