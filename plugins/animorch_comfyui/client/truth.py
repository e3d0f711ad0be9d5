"""Truth: where a job is, by the server's queue, history and list of jobs, never by the websocket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from animorch_comfyui.client.server import Server, mark_of

LOOKED_BACK = 64  # finished jobs among which one without our id is looked for


@dataclass(frozen=True)
class Waiting:
    """In the queue, with so many jobs ahead of it, the running one counted."""

    ahead: int


@dataclass(frozen=True)
class Running:
    """The server is at it."""


@dataclass(frozen=True)
class Ended:
    """In the history: {prompt, outputs, status}."""

    entry: dict[str, Any]


@dataclass(frozen=True)
class Cancelled:
    """Somebody cancelled it, as servers with a list of jobs tell."""


@dataclass(frozen=True)
class Unknown:
    """Neither in the queue nor in the history: not sent, deleted, or lost when the server started anew."""


State = Waiting | Running | Ended | Cancelled | Unknown


def state_of(server: Server, job: str, over: bool = False) -> State:
    """Where a job is now; raises Gone. over: it is said to have ended, so the history is asked first.

    Else the queue comes before the history, since a job passes from the one to the other at once.
    """
    if over and (entry := server.entry(job)) is not None:
        return Ended(entry)
    said = server.job(job)
    if said == "in_progress":
        return Running()
    running, pending = server.queue() if said in (None, "pending") else ([], [])
    if any(place.id == job for place in running):
        return Running()
    ids = [place.id for place in pending]
    if job in ids:
        return Waiting(len(running) + ids.index(job))
    if (entry := server.entry(job)) is not None:
        return Ended(entry)
    return Cancelled() if said == "cancelled" else Unknown()


def found(server: Server, mark: str) -> str | None:
    """The id under which a server has a job that we marked so, null when it has none; raises Gone.

    Servers before prompt ids gave ids of their own.
    """
    if not isinstance(state_of(server, mark), (Unknown, Cancelled)):  # what was cancelled is sent anew
        return mark
    if server.keeps_ids:
        return None
    running, pending = server.queue()
    for place in running + pending:
        if place.marked(mark):
            return place.id
    for job, entry in server.recent(LOOKED_BACK).items():
        if mark_of(entry.get("prompt")) == mark:
            return job
    return None
