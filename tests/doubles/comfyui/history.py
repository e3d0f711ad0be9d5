"""History: what became of the jobs, in memory, until a restart."""

from __future__ import annotations

import copy
from typing import Any

MOST = 10_000


class History:
    """Ended jobs by prompt_id, oldest first."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Any]] = {}

    def keep(self, prompt_id: str, entry: dict[str, Any]) -> None:
        """Writes an entry; one of the same id is replaced."""
        if len(self._entries) > MOST:
            self._entries.pop(next(iter(self._entries)))
        self._entries[prompt_id] = entry

    def one(self, prompt_id: str) -> dict[str, Any]:
        """`{id: entry}`, or `{}`."""
        return {prompt_id: copy.deepcopy(self._entries[prompt_id])} if prompt_id in self._entries else {}

    def all(self, max_items: int | None = None, offset: int = -1) -> dict[str, Any]:
        """The last `max_items`, or as many from `offset` on."""
        ids = list(self._entries)
        if offset < 0:
            offset = len(ids) - max_items if max_items is not None else 0
        chosen = ids[max(0, offset) :]
        return {each: self._entries[each] for each in (chosen if max_items is None else chosen[:max_items])}

    def drop(self, prompt_id: str) -> None:
        self._entries.pop(prompt_id, None)

    def clear(self) -> None:
        self._entries.clear()
