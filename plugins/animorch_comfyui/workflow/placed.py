"""Placed: where the nodes of a graph lie on the editor's page: in columns from left to right, by groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from animorch_comfyui.built import Graph
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow.names import inputs_of
from animorch_comfyui.workflow.trace import links
from animorch_comfyui.workflow.widgets import widgets

_WIDE, _NARROW = 420.0, 315.0  # pixels: of a node with a text of several lines, of any other
_TITLE, _ROW, _TEXT, _PAD = 30.0, 26.0, 120.0, 12.0  # title bar, a slot or a value, a text, the body's edge
_GAP_X, _GAP_Y = 70.0, 30.0  # between columns; between nodes of a column, beside the title
_GROUP_PAD, _GROUP_TITLE, _GROUP_GAP = 20.0, 44.0, 30.0
GROUPS = ("models", "motion", "prompts", "pictures", "sampling", "output")


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, in pixels; of a node without its title bar, which lies above."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """Whether they share a point inside."""
        across = self.x < other.x + other.width and other.x < self.x + self.width
        return across and self.y < other.y + other.height and other.y < self.y + self.height


@dataclass(frozen=True)
class Page:
    """Boxes of nodes and of groups."""

    nodes: Mapping[str, Box]
    groups: Mapping[str, Box]


def placed(graph: Graph, offers: Offers) -> Page:
    """Each node lies right of everything that it is made from; groups of one kind keep together."""
    columns = _columns(graph)
    sizes = {node: _size(graph, node, offers) for node in graph}
    lefts = _lefts(columns, sizes)
    nodes: dict[str, Box] = {}
    groups: dict[str, Box] = {}
    for group in GROUPS:
        members = [node for node in graph if group_of(graph, node, offers) == group]
        if members:
            block = _block(graph, members, columns, sizes, lefts)
            frame = _around(block.values())
            down = _free(frame, list(groups.values()))
            nodes |= {node: Box(box.x, box.y + down, box.width, box.height) for node, box in block.items()}
            groups[group] = Box(frame.x, frame.y + down, frame.width, frame.height)
    return Page(nodes, groups)


def group_of(graph: Graph, node: str, offers: Offers) -> str:
    """Where a node belongs, by its class and what it gives."""
    kind = graph[node]["class_type"]
    gives = set(offers.outputs(kind))
    if kind.startswith(("ControlNet", "ACN_", "IPAdapter", "CLIPVision", "LoadImage")):
        return "pictures"
    if "CONDITIONING" in gives or "CLIPTextEncode" in kind or "VALUES_REPLACE" in gives or "FLOATS" in gives:
        return "prompts"
    if kind.startswith("ADE_") and "LATENT" not in gives:
        return "motion"
    if gives & {"MODEL", "CLIP", "VAE"}:
        return "models"
    if gives & {"LATENT", "SIGMAS", "NOISE", "GUIDER", "SAMPLER"}:
        return "sampling"
    if offers.is_output(kind) or kind.startswith(("VAEDecode", "CreateVideo")):
        return "output"
    return "pictures" if gives & {"IMAGE", "MASK"} else "sampling"


def _columns(graph: Graph) -> dict[str, int]:
    """The column of each node: as far right as what is made of it allows."""
    takers: dict[str, list[str]] = {node: [] for node in graph}
    for node in graph:
        for source, _ in links(graph, node).values():
            takers[source].append(node)
    far: dict[str, int] = {}

    def distance(node: str) -> int:
        if node not in far:
            far[node] = 0  # so that a circle ends
            far[node] = max((distance(taker) + 1 for taker in takers[node]), default=0)
        return far[node]

    most = max((distance(node) for node in graph), default=0)
    return {node: most - distance(node) for node in graph}


def _size(graph: Graph, node: str, offers: Offers) -> tuple[float, float]:
    """Width and height that the editor needs for slots and values."""
    kind = graph[node]["class_type"]
    texts = [said for said in offers.inputs(kind).values() if said.more.get("multiline")]
    slots = max(len(links(graph, node)), len(offers.outputs(kind)))
    slots = max(slots, sum(said.linked for said in offers.inputs(kind).values()))
    values = max(len(widgets(kind, offers)), len(inputs_of(graph, node)) - len(links(graph, node)))
    plain = values - len(texts)
    height = _PAD + _ROW * (slots + plain) + _TEXT * len(texts)
    return (_WIDE if texts else _NARROW), height + (200.0 if kind in ("SaveImage", "LoadImage") else 0.0)


def _lefts(columns: Mapping[str, int], sizes: Mapping[str, tuple[float, float]]) -> list[float]:
    """Where each column begins."""
    at, lefts = 0.0, []
    for column in range(max(columns.values(), default=0) + 1):
        lefts.append(at)
        at += max((sizes[node][0] for node in columns if columns[node] == column), default=0.0) + _GAP_X
    return lefts


def _block(
    graph: Graph,
    members: Sequence[str],
    columns: Mapping[str, int],
    sizes: Mapping[str, tuple[float, float]],
    lefts: Sequence[float],
) -> dict[str, Box]:
    """The nodes of one group, from y 0 on; in a column, by the heights of what they are made from."""
    boxes: dict[str, Box] = {}
    bottoms: dict[int, float] = {}
    order = {node: place for place, node in enumerate(members)}

    def rank(node: str) -> tuple[int, float, int]:
        above = [boxes[source].y for source, _ in links(graph, node).values() if source in boxes]
        return columns[node], sum(above) / len(above) if above else 0.0, order[node]

    for column in sorted({columns[node] for node in members}):
        for node in sorted((each for each in members if columns[each] == column), key=rank):
            top = bottoms.get(column, 0.0)
            boxes[node] = Box(lefts[column], top, *sizes[node])
            bottoms[column] = top + sizes[node][1] + _TITLE + _GAP_Y
    return boxes


def _around(boxes: object) -> Box:
    """A group's frame: with title bars, an edge, and room for its own title."""
    listed: list[Box] = list(boxes)  # type: ignore[call-overload]
    left, top = min(box.x for box in listed), min(box.y for box in listed)
    right = max(box.x + box.width for box in listed)
    bottom = max(box.y + box.height for box in listed)
    above = _TITLE + _GROUP_TITLE
    return Box(
        left - _GROUP_PAD, top - above, right - left + 2 * _GROUP_PAD, bottom - top + above + _GROUP_PAD
    )


def _free(frame: Box, others: Sequence[Box]) -> float:
    """How far down a frame has to go to lie beside or below all others."""
    down = 0.0
    while met := [
        other for other in others if Box(frame.x, frame.y + down, frame.width, frame.height).meets(other)
    ]:
        down = max(other.y + other.height for other in met) + _GROUP_GAP - frame.y
    return down
