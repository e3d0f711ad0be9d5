"""Said: values that a backend's own file (a workflow) gives to keys which nobody has set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from typing import Any

import yaml

from animorch.config.folders import shipped
from animorch.plugin import Backend
from animorch.spec.identity import canonical
from animorch.spec.render import RenderSpec

_SWITCHES = {"window": "length", "init": "path"}  # tables that are off without this part


def with_said(values: Mapping[str, Any], overrides: Sequence[str], backend: Backend) -> dict[str, Any]:
    """Values, filled in where they are the shipped defaults and no override names their key.

    What was filled in is kept under `moved`, as a motion module's recommendations are; values that have it
    were resolved before and are left as they are. Raises UsageError for a file that cannot be read.
    """
    if "moved" in values:
        return dict(values)
    named = {_path(line) for line in overrides}
    said = {key: value for key, value in backend.said().items() if key in RenderSpec.model_fields}
    moved = {
        key: value
        for key, value in said.items()
        if key not in _SWITCHES and _open(key, values.get(key), named)
    }
    for key in _SWITCHES:
        if isinstance(table := said.get(key), Mapping):
            moved |= _table(key, table, values.get(key), named)
    return {**values, **moved, **({"moved": moved} if moved else {})}


def _path(line: str) -> str:
    """`window.length` of `+window.length=8`."""
    return line.lstrip("+~").partition("=")[0].partition("@")[0]


def _open(key: str, value: Any, named: Set[str]) -> bool:
    """Whether nobody set the key, nor a part of it."""
    return key not in {name.partition(".")[0] for name in named} and _untouched(key, value)


def _table(key: str, said: Mapping[str, Any], value: Any, named: Set[str]) -> dict[str, Any]:
    """A table with what the command leaves open as the file says it; empty where it stays off."""
    switch = _SWITCHES[key]
    if _open(key, value, named):
        return {key: dict(said)} if switch in said else {}
    off = not isinstance(value, Mapping) or (
        value.get(switch) is None and (f"{key}.{switch}" in named or switch not in said)
    )
    if off or key in named:
        return {}
    usual = _usual()[key]
    kept = {
        part: item
        for part, item in value.items()
        if f"{key}.{part}" in named or item not in (None, usual.get(part))
    }
    return {key: {**said, **kept}}


def _untouched(key: str, value: Any) -> bool:
    usual = _usual().get(key)
    if key in ("checkpoint", "motion") and isinstance(value, Mapping):
        value = value.get("name")
    return value is None or canonical(value) == canonical(usual)


@lru_cache(maxsize=1)
def _usual() -> Mapping[str, Any]:
    """The shipped defaults; of a group the name of its choice."""
    usual: dict[str, Any] = yaml.safe_load((shipped() / "render.yaml").read_text(encoding="utf-8"))
    groups = {key: name for line in usual["defaults"] if isinstance(line, dict) for key, name in line.items()}
    return usual | groups
