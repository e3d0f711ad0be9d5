"""Offers: what nodes one ComfyUI server has, and what each of them takes (`/object_info`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

COMBO = "COMBO"
_UPLOADS = ("image_upload", "video_upload", "audio_upload", "animated_image_upload", "file_upload")
_LITERAL = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", COMBO})


@dataclass(frozen=True)
class Input:
    """One input of a node: a literal with its limits or choices, or the type of link that it wants."""

    kind: str  # INT, FLOAT, STRING, BOOLEAN, COMBO, or the type of a link such as MODEL
    required: bool
    default: Any = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None  # of a COMBO
    more: Mapping[str, Any] = field(default_factory=dict, compare=False)  # what else the server says of it

    @property
    def linked(self) -> bool:
        """Whether it takes another node's output rather than a value."""
        return self.kind not in _LITERAL or bool(self.more.get("forceInput"))

    @property
    def uploaded(self) -> bool:
        """Whether it names a file that can be uploaded, so that the choices may grow at any time."""
        return any(self.more.get(flag) for flag in _UPLOADS)


@dataclass(frozen=True)
class Node:
    """One node class as the server describes it."""

    inputs: Mapping[str, Input]
    outputs: tuple[str, ...]
    is_output: bool
    module: str  # the Python module that it comes from, such as custom_nodes.NAME
    deprecated: bool


class Offers:
    """One server's `/object_info`, which is read node by node when it is asked about. Immutable.

    embeddings: what `/embeddings` lists, which no node tells; None where nobody asked.
    """

    def __init__(self, info: Mapping[str, Any], embeddings: Sequence[str] | None = None) -> None:
        self._info = info
        self.embeddings = None if embeddings is None else tuple(embeddings)
        self._read: dict[str, Node] = {}

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """The names of all node classes."""
        return tuple(name for name, node in self._info.items() if isinstance(node, Mapping))

    def has(self, node: str) -> bool:
        return isinstance(self._info.get(node), Mapping)

    def inputs(self, node: str) -> Mapping[str, Input]:
        """Inputs by name, required ones first; empty when there is no such node."""
        return self._node(node).inputs

    def outputs(self, node: str) -> tuple[str, ...]:
        """Types of the outputs, in order; empty when there is no such node."""
        return self._node(node).outputs

    def choices(self, node: str, name: str) -> tuple[str, ...]:
        """What a combo offers; empty when the node or the input is not there, or is no combo."""
        found = self.inputs(node).get(name)
        return (found.choices or ()) if found else ()

    def is_output(self, node: str) -> bool:
        return self._node(node).is_output

    def module(self, node: str) -> str:
        """The Python module that a node comes from (`custom_nodes.NAME`); empty when unknown."""
        return self._node(node).module

    def deprecated(self, node: str) -> bool:
        return self._node(node).deprecated

    def _node(self, name: str) -> Node:
        if name not in self._read:
            found = self._info.get(name)
            self._read[name] = _node(found) if isinstance(found, Mapping) else _NONE
        return self._read[name]


_NONE = Node(MappingProxyType({}), (), False, "", False)


def _node(said: Mapping[str, Any]) -> Node:
    outputs = said.get("output") or ()
    return Node(
        MappingProxyType(dict(_inputs(said.get("input")))),
        tuple(COMBO if isinstance(kind, list) else str(kind) for kind in outputs),
        bool(said.get("output_node")),
        str(said.get("python_module") or ""),
        bool(said.get("deprecated")),
    )


def _inputs(said: Any) -> Iterator[tuple[str, Input]]:
    """Required and optional inputs; hidden ones are the server's own."""
    for group in ("required", "optional"):
        listed = said.get(group) if isinstance(said, Mapping) else None
        for name, form in listed.items() if isinstance(listed, Mapping) else ():
            yield str(name), _input(form, required=group == "required")


def _input(form: Any, *, required: bool) -> Input:
    """`[TYPE]` or `[TYPE, {…}]`; a combo is a list in TYPE's place, or COMBO with `options` beside it."""
    parts = list(form) if isinstance(form, (list, tuple)) else [form]
    kind = parts[0] if parts else "*"
    more = parts[1] if len(parts) > 1 and isinstance(parts[1], Mapping) else {}
    listed = kind if isinstance(kind, list) else more.get("options") if kind == COMBO else None
    choices = tuple(str(choice) for choice in listed) if isinstance(listed, (list, tuple)) else None
    if choices is None and kind == COMBO:
        choices = ()
    if choices:
        more = {**more, "options": listed}  # of their own kinds, which may be numbers
    return Input(
        COMBO if choices is not None else str(kind),
        required,
        more.get("default", choices[0] if choices else None),
        _limit(more.get("min")),
        _limit(more.get("max")),
        choices,
        MappingProxyType(dict(more)),
    )


def _limit(said: Any) -> float | None:
    return said if isinstance(said, (int, float)) and not isinstance(said, bool) else None
