"""Check: whether a server would take a value at an input."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from animorch_comfyui.built import Graph
from animorch_comfyui.offers import COMBO, Input, Offers
from animorch_comfyui.workflow.names import inputs_of, is_link, told
from animorch_comfyui.workflow.trace import above, literals


def refusal(value: Any, wanted: Input, said: str, where: str) -> str:
    """Why the server would not take a value; empty when it would."""
    if wanted.choices is not None:
        if str(value) in wanted.choices or wanted.uploaded:
            return ""
        close = get_close_matches(str(value), wanted.choices, n=3, cutoff=0.4)
        hint = (
            f"close are {', '.join(close)}" if close else f"it has {', '.join(wanted.choices[:12]) or 'none'}"
        )
        return f"{said}: {where} has no such choice on the server; {hint}"
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if wanted.kind in ("INT", "FLOAT"):
        if not number or (wanted.kind == "INT" and isinstance(value, float) and not value.is_integer()):
            return f"{said}: {where} takes a {'whole ' if wanted.kind == 'INT' else ''}number there"
        if wanted.low is not None and value < wanted.low:
            return f"{said}: {where} takes {wanted.low:g} at the least; raise it"
        if wanted.high is not None and value > wanted.high:
            return f"{said}: {where} takes {wanted.high:g} at the most; lower it"
    if wanted.kind == "BOOLEAN" and not isinstance(value, bool):
        return f"{said}: {where} takes true or false there"
    if wanted.kind == "STRING" and not isinstance(value, str):
        return f"{said}: {where} takes a text there"
    if wanted.linked and wanted.kind not in ("INT", "FLOAT", "STRING", "BOOLEAN", COMBO, "*"):
        return f"{said}: {where} takes another node's {wanted.kind} there, not a value"
    return ""


def refused_literals(graph: Graph, offers: Offers, sent: Container[str] = ()) -> Iterator[str]:
    """A sentence for all that an output needs and the server would refuse: missing models, missing links.

    `sent` are names of pictures that it is yet to be sent.
    """
    outputs = [node for node, said in graph.items() if offers.is_output(said["class_type"])]
    needed = {node for output in outputs for node in (output, *above(graph, output))}
    for node in graph:
        known = offers.inputs(graph[node]["class_type"]) if node in needed else {}
        yield from _unjoined(graph, node, known)
        for name, value in literals(graph, node).items():
            wanted = known.get(name)
            if wanted is None or wanted.linked or isinstance(value, (list, dict)) or value in sent:
                continue
            if wanted.choices is not None or wanted.kind in ("INT", "FLOAT"):
                given = value if wanted.choices is not None else _as_sent(value)
                if problem := refusal(given, wanted, f"{name}={value}", told(graph, node)):
                    yield problem


def _unjoined(graph: Graph, node: str, known: Mapping[str, Input]) -> Iterator[str]:
    """Inputs of a node with nothing in them, or with a link that leads nowhere."""
    given = inputs_of(graph, node)
    for name, wanted in known.items():
        value = given.get(name)
        if wanted.linked and isinstance(value, list) and len(value) == 2 and not is_link(value, graph):
            yield f"{told(graph, node)} takes its {name} from node {value[0]}, which is not there; join it"
        grows = wanted.kind.startswith("COMFY_")  # whose parts are sent under names of their own
        if wanted.required and name not in given and not grows:
            yield f"{told(graph, node)} has nothing at its input {name} ({wanted.kind}); join it there"


def _as_sent(value: Any) -> Any:
    """ComfyUI turns texts of digits into numbers by itself."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
