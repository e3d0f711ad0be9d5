"""Sheet: the editor's format, taken apart: nodes, links, and subgraphs as sheets within a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from animorch import UsageError

MUTED, BYPASSED = 2, 4
_INPUTS, _OUTPUTS = "-10", "-20"  # a subgraph's own ends, unless it says others


@dataclass(frozen=True)
class Slot:
    """An input of a node on the sheet; `widget` names the value that it may stand in for."""

    name: str
    kind: str
    link: str | None
    widget: bool


@dataclass(frozen=True)
class Placed:
    """A node on a sheet."""

    id: str
    kind: str
    title: str
    mode: int
    inputs: tuple[Slot, ...]
    values: Any  # list, or mapping by name
    properties: Mapping[str, Any]

    @property
    def held(self) -> list[str]:
        """Names of the values that it lists among its inputs, in order."""
        return [slot.name for slot in self.inputs if slot.widget]


@dataclass(frozen=True)
class Sheet:
    """One level of a workflow: the workflow itself, or what a subgraph's node stands for."""

    nodes: Mapping[str, Placed]
    links: Mapping[str, tuple[str, int]]  # link → node and output that it comes from
    prefix: str = ""
    node: Placed | None = None  # on the sheet above, what this one is the inside of
    above: Sheet | None = field(default=None, repr=False)
    definition: Mapping[str, Any] = field(default_factory=dict, repr=False)
    subgraphs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    @cached_property
    def insides(self) -> Mapping[str, Sheet]:
        """The sheets of its subgraph nodes, by the node's id."""
        return {id: self._inside(node) for id, node in self.nodes.items() if node.kind in self.subgraphs}

    def _inside(self, node: Placed) -> Sheet:
        outer: Sheet | None = self
        while outer is not None:
            if outer.node is not None and outer.node.kind == node.kind:
                raise UsageError(f"the subgraph {node.title} holds itself; open it in the editor")
            outer = outer.above
        said = self.subgraphs[node.kind]
        nodes, links = _nodes(said), _links(said)
        return Sheet(nodes, links, f"{self.prefix}{node.id}:", node, self, said, self.subgraphs)

    def is_alone(self, node: str) -> bool:
        """Whether no link comes from or goes to a node."""
        linked = any(slot.link is not None for slot in self.nodes[node].inputs)
        return not linked and all(origin != node for origin, _ in self.links.values())

    def is_entry(self, node: str) -> bool:
        """Whether a link that comes from this node comes from the sheet above."""
        return self.node is not None and node == _end(self.definition, "inputNode", _INPUTS)

    def entry(self, output: int) -> int | None:
        """The place, among the inputs of the node above, of what enters at `output`."""
        said = self.definition.get("inputs") or []
        if self.node is None or output >= len(said):
            return None
        names = [slot.name for slot in self.node.inputs]
        name = said[output].get("name")
        return names.index(name) if name in names else None

    def leaves(self, output: int) -> tuple[str, int] | None:
        """Node and output of what leaves a subgraph at `output`."""
        end = _end(self.definition, "outputNode", _OUTPUTS)
        return next(
            (
                (str(origin), int(place))
                for _, origin, place, target, slot in _ends(self.definition)
                if str(target) == end and slot == output
            ),
            None,
        )


def opened(editor: Mapping[str, Any]) -> Sheet:
    """The sheet of a workflow in the editor's format; raises UsageError for what cannot be read."""
    groups = (editor.get("extra") or {}).get("groupNodes") or {}
    definitions = (editor.get("definitions") or {}).get("subgraphs") or []
    nodes = _nodes(editor)
    for node in nodes.values():
        if node.kind.startswith(("workflow/", "workflow>")) or node.kind in groups:
            raise UsageError(
                f"the node {node.title} is a group node of an older editor, whose inside is not read here; "
                "convert it to nodes or to a subgraph, or save with Workflow > Export (API)"
            )
    return Sheet(nodes, _links(editor), subgraphs={str(said["id"]): said for said in definitions})


def _nodes(said: Mapping[str, Any]) -> dict[str, Placed]:
    return {placed.id: placed for node in said.get("nodes") or () for placed in [_placed(node)]}


def _placed(node: Mapping[str, Any]) -> Placed:
    kind = str(node.get("type"))
    return Placed(
        str(node.get("id")),
        kind,
        str(node.get("title") or kind),
        int(node.get("mode") or 0),
        tuple(_slot(slot) for slot in node.get("inputs") or ()),
        node.get("widgets_values") or [],
        node.get("properties") or {},
    )


def _slot(said: Mapping[str, Any]) -> Slot:
    link, widget = said.get("link"), said.get("widget")
    name = widget.get("name") if isinstance(widget, Mapping) else None
    kind = said.get("type")
    return Slot(
        str(name or said.get("name")),
        "COMBO" if isinstance(kind, list) else str(kind),
        None if link is None else str(link),
        bool(widget),
    )


def _links(said: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    return {str(id): (str(origin), int(place)) for id, origin, place, _, _ in _ends(said)}


def _ends(said: Mapping[str, Any]) -> Iterator[tuple[Any, Any, Any, Any, Any]]:
    """Links as (id, origin, its output, target, its input); both spellings, the list and the mapping."""
    keys = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
    for link in said.get("links") or ():
        if isinstance(link, Mapping):
            id, origin, place, target, slot = (link.get(key) for key in keys)
            yield id, origin, place, target, slot
        elif isinstance(link, list) and len(link) >= 5:
            id, origin, place, target, slot = link[:5]
            yield id, origin, place, target, slot


def _end(definition: Mapping[str, Any], key: str, usual: str) -> str:
    return str((definition.get(key) or {}).get("id", usual))
