"""Cache: what nodes gave, kept as long as the next prompt uses it too (the server's classic cache)."""

from __future__ import annotations

from typing import Any

from .closure import Closure

Record = dict[str, Any] | None  # an output node's record; None for the others


class Cache:
    """Results by the nodes' cache keys."""

    def __init__(self) -> None:
        self._results: dict[str, tuple[str, Record]] = {}

    def keep(self, closure: Closure) -> None:
        """Forgets everything that this graph does not use."""
        used = {closure.cache_key(each) for each in closure.graph}
        same = {closure.key(each) for each in closure.graph}

        def wanted(key: str) -> bool:
            seen, record = self._results[key]
            return key in used or (record is not None and seen in same)

        self._results = {key: result for key, result in self._results.items() if wanted(key)}

    def has(self, closure: Closure, node_id: str, stale: bool = False) -> bool:
        return self._found(closure, node_id, stale) is not None

    def record(self, closure: Closure, node_id: str, stale: bool = False) -> Record:
        found = self._found(closure, node_id, stale)
        return found[1] if found else None

    def put(self, closure: Closure, node_id: str, record: Record) -> None:
        self._results[closure.cache_key(node_id)] = (closure.key(node_id), record)

    def clear(self) -> None:
        self._results.clear()

    def _found(self, closure: Closure, node_id: str, stale: bool) -> tuple[str, Record] | None:
        """`stale`: an output node is known by its pictures alone, whatever its filename_prefix."""
        exact = self._results.get(closure.cache_key(node_id))
        if exact or not stale:
            return exact
        seen = closure.key(node_id)
        return next((each for each in self._results.values() if each[0] == seen and each[1]), None)
