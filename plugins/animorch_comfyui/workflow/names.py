"""Names: which node and which input a person means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeGuard

from animorch import UsageError
from animorch_comfyui.built import Graph
from animorch_comfyui.offers import Offers


@dataclass(frozen=True)
class Target:
    """One input of one node."""

    node: str
    input: str


def is_link(value: Any, graph: Graph) -> TypeGuard[list[Any]]:
    """Whether an input's value is another node's output: [id, number]."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], (str, int))
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
        and str(value[0]) in graph
    )


def inputs_of(graph: Graph, node: str) -> dict[str, Any]:
    inputs: dict[str, Any] = graph[node].get("inputs") or {}
    return inputs


def title_of(graph: Graph, node: str) -> str:
    """What a person calls the node: its title, else its class."""
    meta = graph[node].get("_meta")
    title = meta.get("title") if isinstance(meta, Mapping) else None
    return str(title or graph[node]["class_type"])


def told(graph: Graph, node: str) -> str:
    """`Title (node 3)`, `Title (node 3, KSampler)` where the title is not the class."""
    kind, title = graph[node]["class_type"], title_of(graph, node)
    return f"{title} (node {node})" if title == kind else f"{title} (node {node}, {kind})"


def nodes_called(graph: Graph, name: str) -> list[str]:
    """Nodes of this id, else this title, else this class; then the same without case and marks."""
    if name in graph:
        return [name]
    for form in (str, _plain):
        for called in (lambda node: title_of(graph, node), lambda node: graph[node]["class_type"], str):
            if found := [node for node in graph if form(called(node)) == form(name)]:
                return found
    return []


def node_called(graph: Graph, name: str, asked: str) -> str:
    """The one node of this name; raises UsageError, beginning with what was `asked`, for none or several."""
    found = nodes_called(graph, name)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{asked}: {len(found)} nodes are called {name}: "
            f"{', '.join(told(graph, node) for node in found)}; name one by its id, as in {found[0]}"
        )
    known = list(dict.fromkeys([*(title_of(graph, node) for node in graph), *_kinds(graph)]))
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    raise UsageError(f"{asked}: the workflow has no node {name}; {hint}it has: {', '.join(known)}")


def _kinds(graph: Graph) -> list[str]:
    return [node["class_type"] for node in graph.values()]


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name).strip("_").lower()


def input_called(graph: Graph, node: str, name: str, asked: str, offers: Offers | None) -> str:
    """The node's input of this name, set in the workflow or known to the server; raises UsageError."""
    inputs = inputs_of(graph, node)
    known = list(dict.fromkeys([*inputs, *(offers.inputs(graph[node]["class_type"]) if offers else ())]))
    if name in known:
        return name
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    raise UsageError(
        f"{asked}: {told(graph, node)} has no input {name}; {hint}it has: {', '.join(known) or 'none'}"
    )


def target_called(graph: Graph, words: str, asked: str, offers: Offers | None = None) -> Target:
    """`node.input`, where the node's name may have dots too; raises UsageError."""
    parts = words.split(".")
    if len(parts) < 2 or not all(parts):
        raise UsageError(f"{asked} should be 'node.input', as in 'KSampler.seed'")
    splits = [(".".join(parts[:at]), ".".join(parts[at:])) for at in range(len(parts) - 1, 0, -1)]
    name, input_ = next(((one, other) for one, other in splits if nodes_called(graph, one)), splits[0])
    node = node_called(graph, name, asked)
    return Target(node, input_called(graph, node, input_, asked, offers))


def flat(tree: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """{window: {length: x}} is {window.length: x}, which is how a command line nests dotted keys."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        name = f"{above}{key}"
        found |= flat(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return found
