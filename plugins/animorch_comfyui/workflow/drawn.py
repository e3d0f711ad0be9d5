"""Drawn: a graph in the editor's format, which ComfyUI opens by Workflow > Open or when it is dropped in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from animorch_comfyui.built import Graph
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow.names import inputs_of, title_of
from animorch_comfyui.workflow.placed import GROUPS, Box, placed
from animorch_comfyui.workflow.trace import links, literals
from animorch_comfyui.workflow.widgets import is_widget, widgets

_COLOURS = dict(zip(GROUPS, ("#3f789e", "#8A8", "#a1309b", "#b06634", "#88A", "#b58b2a"), strict=True))
_BY_NAME = "VHS_"  # classes whose values are saved by name, since they change with the format


@dataclass
class _Drawing:
    """The lists of the file while they are made."""

    graph: Graph
    offers: Offers
    ids: dict[str, int]
    links: list[list[Any]] = field(default_factory=list)
    leaving: dict[tuple[int, int], list[int]] = field(default_factory=dict)  # node, output → links

    def link(self, source: int, output: int, target: int, slot: int, kind: str) -> int:
        number = len(self.links) + 1
        self.links.append([number, source, output, target, slot, kind])
        self.leaving.setdefault((source, output), []).append(number)
        return number


def drawn(graph: Graph, offers: Offers) -> dict[str, Any]:
    """The file's content: nodes with places and values in the editor's order, links, groups.

    For our own graphs: a value at an input that takes only links has no place in the editor.
    """
    page = placed(graph, offers)
    order = sorted(graph, key=lambda node: (page.nodes[node].x, page.nodes[node].y))
    drawing = _Drawing(graph, offers, {node: place + 1 for place, node in enumerate(order)})
    slots = {node: list(_inputs(drawing, node)) for node in order}
    nodes = [_node(drawing, node, page.nodes[node], slots[node], place) for place, node in enumerate(order)]
    return {
        "last_node_id": len(nodes),
        "last_link_id": len(drawing.links),
        "nodes": nodes,
        "links": drawing.links,
        "groups": [_group(name, box, place + 1) for place, (name, box) in enumerate(page.groups.items())],
        "config": {},
        "extra": {},
        "version": 0.4,
    }


def _node(drawing: _Drawing, node: str, box: Box, inputs: list[dict[str, Any]], place: int) -> dict[str, Any]:
    kind, number = drawing.graph[node]["class_type"], drawing.ids[node]
    title = title_of(drawing.graph, node)
    return {
        "id": number,
        "type": kind,
        "pos": [box.x, box.y],
        "size": [box.width, box.height],
        "flags": {},
        "order": place,
        "mode": 0,
        "inputs": inputs,
        "outputs": [
            {"name": gives, "type": gives, "links": drawing.leaving.get((number, slot)), "slot_index": slot}
            for slot, gives in enumerate(drawing.offers.outputs(kind))
        ],
        **({"title": title} if title != kind else {}),
        "properties": {"Node name for S&R": kind},
        "widgets_values": _values(drawing, node),
    }


def _inputs(drawing: _Drawing, node: str) -> Iterator[dict[str, Any]]:
    """Sockets in the server's order, and values that are linked."""
    kind, number = drawing.graph[node]["class_type"], drawing.ids[node]
    known, joined = drawing.offers.inputs(kind), links(drawing.graph, node)
    held = literals(drawing.graph, node)
    slot = 0
    for name in dict.fromkeys([*known, *joined]):
        said = known.get(name)
        shown = said is not None and is_widget(said)
        if shown and name not in joined:
            continue
        wants = said.kind if said else "*"
        number_of_link = None
        if name in joined:
            source, output = joined[name]
            gives = drawing.offers.outputs(drawing.graph[source]["class_type"])
            carried = gives[output] if output < len(gives) else wants
            number_of_link = drawing.link(drawing.ids[source], output, number, slot, carried)
        assert name not in held, f"{kind} takes {name} by a link alone"
        yield {
            "name": name,
            "type": wants,
            "link": number_of_link,
            **({"widget": {"name": name}} if shown else {}),
            **({"shape": 7} if said and not said.required else {}),
        }
        slot += 1


def _values(drawing: _Drawing, node: str) -> list[Any] | dict[str, Any]:
    kind, held = drawing.graph[node]["class_type"], literals(drawing.graph, node)
    if kind.startswith(_BY_NAME):
        return dict(held)
    inputs = inputs_of(drawing.graph, node)
    return [
        inputs[widget.name] if widget.input and widget.name in held else widget.usual
        for widget in widgets(kind, drawing.offers)
    ]


def _group(name: str, box: Box, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "title": name,
        "bounding": [box.x, box.y, box.width, box.height],
        "color": _COLOURS[name],
        "font_size": 24,
        "flags": {},
    }
