"""Said: values that a backend's own file (a workflow) gives to keys which nobody has set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import yaml

from animorch.config.folders import shipped
from animorch.plugin import Backend
from animorch.spec.identity import canonical
from animorch.spec.render import RenderSpec


def with_said(values: Mapping[str, Any], overrides: Sequence[str], backend: Backend) -> dict[str, Any]:
    """Values, filled in where they are the shipped defaults and no override names their key.

    What was filled in is kept under `moved`, as a motion module's recommendations are; values that have it
    were resolved before and are left as they are. Raises UsageError for a file that cannot be read.
    """
    if "moved" in values:
        return dict(values)
    named = {_key(line) for line in overrides}
    moved = {
        key: value
        for key, value in backend.said().items()
        if key in RenderSpec.model_fields and key not in named and _untouched(key, values.get(key))
    }
    return {**values, **moved, **({"moved": moved} if moved else {})}


def _key(line: str) -> str:
    """`window` of `+window.length=8`."""
    return line.lstrip("+~").partition("=")[0].partition(".")[0].partition("@")[0]


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
