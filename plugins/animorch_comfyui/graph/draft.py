"""Draft: a graph while it is built, and everything that the server would not take of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from animorch import AnimorchError, Weights
from animorch_comfyui.built import Graph, Picture
from animorch_comfyui.graph.needs import lacking
from animorch_comfyui.naming import served
from animorch_comfyui.offers import Input, Offers

Link = list[Any]  # [node id, number of the output]


class Draft:
    """Nodes by id, pictures to upload, names of what is loaded; problems are collected, never raised."""

    def __init__(self, offers: Offers, models: Mapping[str, str]) -> None:
        self.offers, self.models = offers, models
        self.graph: Graph = {}
        self.pictures: dict[str, Picture] = {}
        self.loads: dict[str, str] = {}  # the server's file name: the class that loads it
        self._told: dict[str, None] = {}
        self._missing: dict[str, None] = {}

    @property
    def problems(self) -> list[str]:
        """A sentence each, missing packs first."""
        return [*lacking(self._missing), *self._told]

    def problem(self, sentence: str) -> None:
        self._told.setdefault(sentence)

    def add(self, node: str, kind: str, /, fields: Mapping[str, str] | None = None, **inputs: Any) -> Link:
        """A node of this class with these inputs; the link to its first output.

        fields: which field of the spec an input's value is, for sentences. What a newer server requires
        besides is given its default.
        """
        assert node not in self.graph, node
        if not self.offers.has(kind):
            self._missing.setdefault(kind)
        else:
            inputs = self._checked(kind, inputs, fields or {})
        self.graph[node] = {
            "class_type": kind,
            "inputs": inputs,
            "_meta": {"title": node.replace("_", " ")},
        }
        return [node, 0]

    def file(self, weights: Weights, label: str, kind: str, name: str) -> str:
        """The server's name of these weights, out of what the input `name` of the class offers."""
        if not self.offers.has(kind):
            return weights.name  # the missing node is told
        found = self.name(weights, label, self.offers.choices(kind, name))
        if found:
            self.loads[found] = kind
        return found

    def name(self, weights: Weights, label: str, choices: Sequence[str]) -> str:
        """The server's name of these weights among these; empty (and told) when there is none."""
        return self.attempt(lambda: served(weights, label, choices, self.models)) or ""

    def attempt(self, work: Callable[[], Any]) -> Any:
        """What `work` returns; None when it raises one of animorch's sentences, which is kept."""
        try:
            return work()
        except AnimorchError as error:
            self.problem(str(error))
            return None

    def _checked(self, kind: str, given: dict[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
        known = self.offers.inputs(kind)
        for name, value in given.items():
            if name not in known:
                self.problem(
                    f"the server's {kind} has no input {name}, so it is an older one; update its pack"
                )
            elif (
                not isinstance(value, list)
                and value != ""
                and (said := _refusal(value, known[name], name, fields.get(name, ""), kind))
            ):
                self.problem(said)
        inputs = {name: _typed(value, known.get(name)) for name, value in given.items()}
        for name, wanted in known.items():
            if wanted.required and name not in inputs:
                if wanted.linked or wanted.default is None:
                    self.problem(
                        f"the server's {kind} wants an input {name} that animorch does not know of; it is "
                        "newer than this backend"
                    )
                else:
                    inputs[name] = wanted.default
        return inputs


def _typed(value: Any, wanted: Input | None) -> Any:
    """Whole numbers as floats where the server has floats, so that equal values are written alike."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if wanted is not None and wanted.kind == "FLOAT" and whole else value


def _refusal(value: Any, wanted: Input, name: str, field: str, kind: str) -> str:
    """Why the server would not take a value; empty when it would."""
    said = f"{field or name}={value}"
    if wanted.choices is not None:
        if value in wanted.choices or wanted.uploaded:
            return ""
        return f"{said} is not among what the server's {kind} offers; {_near(str(value), wanted.choices)}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if wanted.low is not None and value < wanted.low:
            return f"{said} is below {wanted.low:g}, the least that the server's {kind} takes; raise it"
        if wanted.high is not None and value > wanted.high:
            return f"{said} is above {wanted.high:g}, the most that the server's {kind} takes; lower it"
    return ""


def _near(value: str, choices: Sequence[str]) -> str:
    close = get_close_matches(value, choices, n=3, cutoff=0.5)
    return f"close are {', '.join(close)}" if close else f"it has {', '.join(choices) or 'none'}"
