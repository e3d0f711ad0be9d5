"""Prompts: the nodes whose texts a sampler is told, through whatever changes conditioning on the way."""

from __future__ import annotations

from dataclasses import dataclass

from animorch_comfyui.built import Graph
from animorch_comfyui.workflow.names import Target, inputs_of, told
from animorch_comfyui.workflow.sampler import near
from animorch_comfyui.workflow.trace import origin, settled, upstream

_TEXTS = ("text", "prompt", "prompts")
_BOTH = ("text_g", "text_l")  # SDXL's two text encoders, told the same
_CHAINED = ("conditioning", "cond", "positive", "negative", "guider")


@dataclass(frozen=True)
class Encoder:
    """A node whose text becomes conditioning."""

    node: str
    targets: tuple[Target, ...]
    scheduled: bool = False  # its text is prompts by frame
    both: bool = False  # its text holds the negative prompt too, after --neg
    part: int = 0  # 1: what reaches the sampler is its negative part

    @classmethod
    def at(cls, graph: Graph, *targets: Target, node: str = "", output: int = 0) -> Encoder:
        """The encoder whose text is written at these places; `node` is another where that is joined to it."""
        node = node or targets[0].node
        kind = graph[node]["class_type"]
        both = "PromptSchedule" in kind and "max_frames" in inputs_of(graph, node)
        return cls(node, targets, both or "PromptScheduling" in kind, both, int(both and output == 1))


def encoder(graph: Graph, sampler: str, polarity: str, why: dict[str, str]) -> Encoder | None:
    """The one text upstream of `positive` or `negative`; `why` tells when there is none or several."""
    field = "prompt" if polarity == "positive" else "negative_prompt"
    names = ("positive", "conditioning") if polarity == "positive" else ("negative",)
    place = near(graph, sampler, names)
    start = origin(graph, *place) if place else None
    found = [
        text
        for node, output in upstream(graph, start, lambda *step: _follows(graph, polarity, *step))
        if (text := _text(graph, node, output, polarity))
    ]
    if len(found) == 1:
        return found[0]
    why[field] = (
        f"{len(found)} texts of the workflow are its {polarity} prompt: "
        f"{', '.join(told(graph, text.node) for text in found)}"
        if found
        else f"no text of the workflow leads to its sampler's {polarity} prompt"
    )
    return None


def _follows(graph: Graph, polarity: str, node: str, name: str, output: int) -> bool:
    """Through nodes of conditioning; one with both polarities gives them out in that order."""
    inputs = inputs_of(graph, node)
    if _text(graph, node, output, polarity):
        return False
    if {"positive", "negative"} <= set(inputs) and name in ("positive", "negative"):
        return name == ("negative" if output == 1 else "positive")
    return name.startswith(_CHAINED) or len(inputs) == 1


def _text(graph: Graph, node: str, output: int, polarity: str) -> Encoder | None:
    inputs = inputs_of(graph, node)
    if isinstance(inputs.get(polarity), str):  # a loader of everything, which holds both prompts
        return Encoder(node, (Target(node, polarity),))
    places = [settled(graph, node, name) for name in _TEXTS if name in inputs][:1]
    if "clip" in inputs and not places and set(_BOTH) <= set(inputs):
        places = [settled(graph, node, name) for name in _BOTH]
    targets = tuple(dict.fromkeys(place for place in places if place))
    if not targets or len(targets) != len(set(places)):
        return None
    texts = [inputs_of(graph, target.node)[target.input] for target in targets]
    if not all(isinstance(text, str) for text in texts) or len(set(texts)) > 1:
        return None
    return Encoder.at(graph, *targets, node=node, output=output)
