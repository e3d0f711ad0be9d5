"""Spans: when each node of a job ran, read off the messages of its websocket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Heard = tuple[float, Mapping[str, Any]]
"""A message {type, data} and when it came: seconds of any clock that only goes forward."""

_OVER = frozenset({"execution_success", "execution_error", "execution_interrupted"})


def spans(messages: Iterable[Heard]) -> dict[str, float]:
    """Seconds that each node ran, by id, in the order of their beginnings.

    `executing` names the node that begins and so ends the one before; `progress_state` tells all nodes
    that run, several at once on a server that can. Either alone is enough: older servers send no
    `progress_state`, and after a reconnect some of both are missing. A node seen to begin and never to end
    is left out, since nothing says how long it took.
    """
    walk = _Walk()
    for at, message in messages:
        walk.see(at, str(message.get("type")), message.get("data"))
    return {node: walk.ended[node] - begun for node, begun in walk.begun.items() if node in walk.ended}


class _Walk:
    def __init__(self) -> None:
        self.begun: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self._now: str | None = None  # what `executing` named last

    def see(self, at: float, kind: str, data: Any) -> None:
        if not isinstance(data, Mapping):
            return
        if kind == "executing":
            self._executing(at, data.get("node"))
        elif kind == "progress_state":
            states = data.get("nodes")
            for node, state in states.items() if isinstance(states, Mapping) else ():
                self._state(at, str(node), state)
        elif kind in _OVER:
            for node in self.begun:
                self.ended.setdefault(node, at)

    def _executing(self, at: float, node: Any) -> None:
        if self._now is not None and self._now != node:
            self.ended.setdefault(self._now, at)
        self._now = None if node is None else str(node)
        if self._now is not None:
            self.begun.setdefault(self._now, at)

    def _state(self, at: float, node: str, state: Any) -> None:
        word = state.get("state") if isinstance(state, Mapping) else None
        if word == "running":
            self.begun.setdefault(node, at)
        elif word in ("finished", "error") and node in self.begun:
            self.ended[node] = min(at, self.ended.get(node, at))
