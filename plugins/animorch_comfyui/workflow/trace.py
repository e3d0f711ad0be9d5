"""Trace: following the links of a graph from one node to what it is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from animorch_comfyui.built import Graph
from animorch_comfyui.workflow.names import Target, inputs_of, is_link

Step = tuple[str, int]  # a node, and the output of it by which it was reached


def origin(graph: Graph, node: str, name: str) -> Step | None:
    """Node and output that an input is linked to; None for a value."""
    value = inputs_of(graph, node).get(name)
    return (str(value[0]), value[1]) if is_link(value, graph) else None


def links(graph: Graph, node: str) -> dict[str, Step]:
    """The linked inputs of a node, in its order."""
    return {name: step for name in inputs_of(graph, node) if (step := origin(graph, node, name))}


def literals(graph: Graph, node: str) -> dict[str, Any]:
    """The inputs of a node that are values, in its order."""
    return {name: value for name, value in inputs_of(graph, node).items() if not is_link(value, graph)}


def settled(graph: Graph, node: str, name: str) -> Target | None:
    """Where the value of an input is written: there, or in a node that only passes on one value.

    Such are primitives (one value, no links) and reroutes (one link, no values). None when the input is
    not there, or computed.
    """
    seen: set[str] = set()
    while name in inputs_of(graph, node):
        step = origin(graph, node, name)
        if step is None:
            return Target(node, name)
        node = step[0]
        if node in seen:
            return None
        seen.add(node)
        values, further = literals(graph, node), links(graph, node)
        if len(values) + len(further) != 1:
            return None
        name = next(iter(values or further))
    return None


def upstream(graph: Graph, start: Step | None, follow: Callable[[str, str, int], bool]) -> Iterator[Step]:
    """Nodes above, the nearest first, from `start` on; `follow(node, input, output)` says which links."""
    queue, seen = [start] if start else [], set()
    while queue:
        step = queue.pop(0)
        if step in seen:
            continue
        seen.add(step)
        yield step
        node, output = step
        queue += [further for name, further in links(graph, node).items() if follow(node, name, output)]


def downstream(graph: Graph, start: str) -> Iterator[str]:
    """Nodes that are made from a node, the nearest first, without itself."""
    queue, seen = [start], {start}
    while queue:
        above = queue.pop(0)
        for node in graph:
            if node not in seen and any(step[0] == above for step in links(graph, node).values()):
                seen.add(node)
                queue.append(node)
                yield node


def above(graph: Graph, node: str) -> set[str]:
    """Every node that a node is made from."""
    found = upstream(graph, (node, 0), lambda *_: True)
    return {step[0] for step in found} - {node}
