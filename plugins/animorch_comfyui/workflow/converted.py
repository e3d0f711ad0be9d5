"""Converted: the editor's format as the API format that a server runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from animorch import UsageError
from animorch_comfyui.built import Graph
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow.packs import missing
from animorch_comfyui.workflow.sheet import BYPASSED, MUTED, Placed, Sheet, opened
from animorch_comfyui.workflow.widgets import named, widgets

_NOTES = frozenset({"Note", "MarkdownNote"})
_PASSING = frozenset({"SetNode"})  # their first input is what comes out
_GIVING = frozenset({"PrimitiveNode"})  # a value that the editor writes into what it is joined to
_VIRTUAL = _NOTES | _PASSING | _GIVING | {"GetNode"}


@dataclass(frozen=True)
class _Link:
    node: str
    output: int


@dataclass(frozen=True)
class _Value:
    value: Any


def converted(editor: Mapping[str, Any], offers: Offers, name: str = "workflow") -> Graph:
    """The graph that the editor would send, with subgraphs, reroutes and bypassed nodes dissolved.

    Raises UsageError naming every node that the server has not (with its pack where that is known), and
    nodes whose saved values do not fit what the server's version of them takes.
    """
    try:
        found = list(_living(opened(editor), offers))
        lacking = missing(((node.kind, node.title, node.properties) for _, node in found), offers)
        if lacking:
            raise UsageError(f"{name}: {lacking}")
        return {f"{sheet.prefix}{node.id}": _sent(sheet, node, offers, name) for sheet, node in found}
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise UsageError(
            f"{name} does not hold together ({error!r}); open and save it in the editor, or save it with "
            "Workflow > Export (API)"
        ) from error
    except RecursionError as error:
        raise UsageError(f"{name} has links that run in a circle; open it in the editor") from error


def _living(sheet: Sheet, offers: Offers) -> Iterator[tuple[Sheet, Placed]]:
    """Nodes that a server is sent: neither muted nor bypassed nor the editor's own, at any depth."""
    for id, node in sheet.nodes.items():
        if node.mode in (MUTED, BYPASSED) or node.kind in _VIRTUAL or _is_reroute(node):
            continue
        if id in sheet.insides:
            yield from _living(sheet.insides[id], offers)
        elif offers.has(node.kind) or not sheet.is_alone(id):  # else a label of an editor's extension
            yield sheet, node


def _is_reroute(node: Placed) -> bool:
    """The editor's own, or an extension's, as in `Reroute (rgthree)`."""
    return node.kind.startswith("Reroute") and len(node.inputs) <= 1


def _sent(sheet: Sheet, node: Placed, offers: Offers, name: str) -> dict[str, Any]:
    values = named(node.values, widgets(node.kind, offers), node.held)
    if values is None:
        raise UsageError(
            f"{name}: the values saved with {node.title} (node {sheet.prefix}{node.id}, {node.kind}) do not "
            "fit what the server's version of it takes; open it in that server's editor and save it again, "
            "or save with Workflow > Export (API)"
        )
    inputs = dict(values)
    for place, slot in enumerate(node.inputs):
        source = _source(sheet, node, place)
        if isinstance(source, _Link):
            inputs[slot.name] = [source.node, source.output]
        elif isinstance(source, _Value) and slot.widget:  # the editor writes it into a widget, or nowhere
            inputs[slot.name] = source.value
    return {"inputs": inputs, "class_type": node.kind, "_meta": {"title": node.title}}


def _source(sheet: Sheet, node: Placed, place: int) -> _Link | _Value | None:
    """What comes in at one input, through everything that only the editor knows."""
    slot = node.inputs[place]
    if slot.link is None or slot.link not in sheet.links:
        return None
    origin, output = sheet.links[slot.link]
    return _origin(sheet, origin, output, slot.kind)


def _origin(sheet: Sheet, id: str, output: int, kind: str) -> _Link | _Value | None:
    if sheet.is_entry(id):
        return _entering(sheet, output)
    node = sheet.nodes.get(id)
    if node is None or node.mode == MUTED:
        return None
    if node.mode == BYPASSED:
        return _past(sheet, node, output, kind)
    if node.kind in _GIVING:
        return _Value(node.values[0]) if node.values else None
    if node.kind in _PASSING or _is_reroute(node):
        return _source(sheet, node, 0) if node.inputs else None
    if node.kind == "GetNode":
        return _got(sheet, node)
    if id in sheet.insides:
        inside = sheet.insides[id]
        left = inside.leaves(output)
        return _origin(inside, *left, kind) if left else None
    return _Link(f"{sheet.prefix}{id}", output)


def _entering(sheet: Sheet, output: int) -> _Link | _Value | None:
    """What the sheet above gives a subgraph: a link, or a value that is set on the subgraph's node."""
    place, node, above = sheet.entry(output), sheet.node, sheet.above
    if place is None or node is None or above is None:
        return None
    source = _source(above, node, place)
    if source is not None or not node.inputs[place].widget:
        return source
    held = [index for index, slot in enumerate(node.inputs) if slot.widget]
    if isinstance(node.values, list) and len(node.values) == len(held):
        return _Value(node.values[held.index(place)])
    return None  # the value inside stands


def _past(sheet: Sheet, node: Placed, output: int, kind: str) -> _Link | _Value | None:
    """Through a bypassed node: its input of the output's number where that fits, else the first to fit."""
    for place in (output, *range(len(node.inputs))):
        if place < len(node.inputs) and kind in (node.inputs[place].kind, "*"):
            source = _source(sheet, node, place)
            if source is not None:
                return source
    return None


def _got(sheet: Sheet, node: Placed) -> _Link | _Value | None:
    """A GetNode's value is that of the SetNode of its name, here or on a sheet above."""
    where: Sheet | None = sheet
    while where is not None:
        for other in where.nodes.values():
            if other.kind == "SetNode" and other.values and other.values[0] == node.values[0]:
                return _source(where, other, 0) if other.inputs else None
        where = where.above
    return None
