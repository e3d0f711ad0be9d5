"""Kept: control networks and image embeddings that stay loaded from point to point.

They are kept beside the VAE of the checkpoint, and let go of with it: when the backend is closed or renders
with another one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import Any
from weakref import WeakKeyDictionary

_SHELVES: WeakKeyDictionary[Any, dict[Hashable, Any]] = WeakKeyDictionary()


def kept(owner: Any, key: Hashable, load: Callable[[], Any]) -> Any:
    """What lies under this key beside its owner, loaded where it does not."""
    shelf = _SHELVES.setdefault(owner, {})
    if key not in shelf:
        shelf[key] = load()
    return shelf[key]


def keep_only(owner: Any, keys: Collection[Hashable]) -> None:
    """Let go of everything else before the next is loaded."""
    shelf = _SHELVES.get(owner, {})
    for key in [key for key in shelf if key not in keys]:
        del shelf[key]
