"""Sets: any input of any node, as the option `set` says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from animorch import UsageError
from animorch_comfyui.built import Graph
from animorch_comfyui.offers import Input, Offers
from animorch_comfyui.workflow.bound import Bound
from animorch_comfyui.workflow.check import refusal
from animorch_comfyui.workflow.names import Target, flat, input_called, inputs_of, is_link, node_called, told


def put_sets(
    graph: Graph, sets: Mapping[str, Any], found: Bound, offers: Offers | None, begins: bool = False
) -> Iterator[str]:
    """Writes them; yields a sentence for each that cannot be. `begins`: the clip begins with a picture."""
    fields = _fields(found)
    written: dict[Target, str] = {}
    for node_name, inputs in sets.items():
        for name, value in (flat(inputs) if isinstance(inputs, Mapping) else {}).items():
            asked = f"backend.set.{node_name}.{name}={value}"
            try:
                target = _target(graph, str(node_name), name, asked, offers)
            except UsageError as error:
                yield str(error)
                continue
            field = fields.get(target, "")
            if field and (begins or not field.startswith("init.")):
                yield f"{asked} is the clip's {field} in this workflow; say {field}=… instead"
            elif target in written:
                yield f"{asked} is set by {written[target]} already; keep one"
            elif problem := _put(graph, target, value, asked, offers):
                yield problem
            written[target] = asked
        if not isinstance(inputs, Mapping):
            yield f"backend.set.{node_name}={inputs} names no input; write backend.set.NODE.INPUT=VALUE"


def _fields(found: Bound) -> dict[Target, str]:
    """Which field each bound input is, as a command says it; of two in one schedule the first."""
    fields: dict[Target, str] = {}
    for name, target in found.targets():
        text = {"prompt": found.positive, "negative_prompt": found.negative}.get(name)
        if text is not None and text.scheduled:
            name = "prompt_travel" if name == "prompt" else "negative_travel"
        fields.setdefault(target, name)
    return fields


def _target(graph: Graph, node_name: str, name: str, asked: str, offers: Offers | None) -> Target:
    node = node_called(graph, node_name, asked)
    return Target(node, input_called(graph, node, name, asked, offers))


def _put(graph: Graph, target: Target, value: Any, asked: str, offers: Offers | None) -> str:
    inputs = inputs_of(graph, target.node)
    wanted = offers.inputs(graph[target.node]["class_type"]).get(target.input) if offers else None
    value = _fitted(value, wanted, inputs.get(target.input))
    problem = ""
    if wanted is not None and not is_link(value, graph):
        problem = refusal(value, wanted, asked, told(graph, target.node))
    if not problem:
        inputs[target.input] = value
    return problem


def _fitted(value: Any, wanted: Input | None, own: Any) -> Any:
    """What a command line cannot tell apart: a text of digits from a number, a whole number from another."""
    if wanted is not None and wanted.choices is not None:
        return next((each for each in wanted.more.get("options", ()) if str(each) == str(value)), value)
    text = wanted.kind == "STRING" if wanted else isinstance(own, str)
    if text and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value
