"""Routing: which waiting clip goes to which server now. Pure, so that it can be read and tested alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sight:
    """A server that answers: free seats, jobs in its queue (ours and others'), and what it has loaded."""

    free: int
    queued: int
    loads: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Want:
    """A clip that waits: by server that can make it, the files that it loads there, dearest first."""

    loads: Mapping[str, Sequence[str]]


def seats(wants: Sequence[Want], desks: Mapping[str, Sight]) -> dict[int, str]:
    """The server for each clip (by its place in `wants`) that need not wait; clips are seated in their order.

    A server with nothing to do gets the next clip, whatever it has loaded. Else a clip goes to the server
    that has most of its files, with the shorter queue among equals, and waits while that has no seat.
    """
    free = {name: desk.free for name, desk in desks.items()}
    queued = {name: desk.queued for name, desk in desks.items()}
    loads: dict[str, Collection[str]] = {name: desk.loads for name, desk in desks.items()}
    given: dict[int, str] = {}
    for place, want in enumerate(wants):
        able = [name for name in desks if name in want.loads]
        ranks = {name: (-kept(want.loads[name], loads[name]), queued[name]) for name in able}
        idle = [name for name in able if free[name] and not queued[name]]
        best = min((rank[0] for rank in ranks.values()), default=0)
        good = idle or [name for name in able if free[name] and ranks[name][0] == best]
        if good:
            name = min(good, key=lambda name: ranks[name])
            given[place] = name
            free[name] -= 1
            queued[name] += 1
            loads[name] = want.loads[name]
    return given


def kept(wanted: Sequence[str], loaded: Collection[str]) -> int:
    """How many of the files, from the dearest on, are loaded already."""
    count = 0
    for name in wanted:
        if name not in loaded:
            break
        count += 1
    return count
