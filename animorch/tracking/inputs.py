"""Inputs: what a run was made from, as MLflow's datasets: its prompt, or the clips it learned from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from animorch.spec.identity import canonical
from animorch.tracking.names import short_hash

_NAME = 100  # letters of a prompt by which MLflow's runs table shows it


class Input(NamedTuple):
    """One dataset of a run; source is what it is, as JSON."""

    name: str
    digest: str
    kind: str
    source: str


def prompt(fields: Mapping[str, Any]) -> Input | None:
    """The prompts of an experiment: equal ones are one dataset, so runs can be filtered by it."""
    asked = {key: fields[key] for key in ("prompt", "negative_prompt", "prompt_travel") if fields.get(key)}
    if not isinstance(asked.get("prompt"), str):
        return None
    source = canonical(asked)
    return Input(_shortened(asked["prompt"]), short_hash(source), "prompt", source)


def clips(options: Mapping[str, Any]) -> Input | None:
    """The clips of a training: the folder, or the function, that its options name."""
    data = options.get("data")
    named = data.get("folder") or data.get("source") if isinstance(data, Mapping) else None
    if not named:
        return None
    source = canonical(dict(data))  # type: ignore[arg-type]
    return Input(_shortened(str(named)), short_hash(source), "training", source)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _NAME else line[: _NAME - 3] + "..."
