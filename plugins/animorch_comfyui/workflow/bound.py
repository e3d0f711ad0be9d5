"""Bound: which inputs of a graph are which fields of a RenderSpec, found by following its links."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from animorch import UsageError
from animorch_comfyui.built import Graph
from animorch_comfyui.workflow.models import Chained, model_binds
from animorch_comfyui.workflow.names import Target, flat, inputs_of, target_called, told
from animorch_comfyui.workflow.prompts import Encoder, encoder
from animorch_comfyui.workflow.sampler import chosen_sampler, sampler_binds
from animorch_comfyui.workflow.size import size_binds
from animorch_comfyui.workflow.trace import settled

PLAIN = (
    *("seed", "steps", "cfg", "sampler", "schedule", "width", "height", "frames", "clip_skip"),
    *("checkpoint", "vae", "motion", "motion_scale", "init.path", "init.strength"),
    *("window.length", "window.overlap", "window.stride_levels", "window.closed_loop", "window.fuse"),
)
PROMPTS = ("prompt", "negative_prompt")
FIELDS = (*PLAIN, *PROMPTS)  # what backend.bind takes


@dataclass(frozen=True)
class Bound:
    """Fields and the inputs that they are written to; `why` says it of fields that have none."""

    sampler: str | None
    fields: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    positive: Encoder | None = None
    negative: Encoder | None = None
    loras: tuple[Chained, ...] = ()
    motion_loras: tuple[Chained, ...] = ()
    window: str | None = None  # the node of context options
    why: Mapping[str, str] = field(default_factory=dict)

    def first(self, name: str) -> Target | None:
        """Where the field's value is read."""
        return next(iter(self.fields.get(name, ())), None)

    def targets(self) -> Iterator[tuple[str, Target]]:
        """Every bound input with its field, prompts and LoRAs too."""
        for name, targets in self.fields.items():
            yield from ((name, target) for target in targets)
        for name, text in (("prompt", self.positive), ("negative_prompt", self.negative)):
            if text:
                yield from ((name, target) for target in text.targets)
        for name, chain in (("loras", self.loras), ("motion_loras", self.motion_loras)):
            for link in chain:
                yield from ((name, target) for target in (link.file, *link.strengths))


def bindings(graph: Graph, binds: Mapping[str, Any], output: str | None = None) -> Bound:
    """What can be bound; `binds` (field → 'node.input', or '' for nowhere) goes before what the links tell.

    Raises UsageError for a bind that names no field, no node or several. Several samplers are bound none of:
    `why` names them.
    """
    asked, nowhere = _asked(graph, binds)
    why = dict.fromkeys(nowhere, "backend.bind leaves it to the graph")
    sampler = chosen_sampler(graph, {target.node for target in asked.values()}, output, why)
    fields: dict[str, tuple[Target, ...]] = {}
    positive = negative = window = None
    loras: tuple[Chained, ...] = ()
    motion_loras: tuple[Chained, ...] = ()
    if sampler is not None:
        positive = encoder(graph, sampler, "positive", why)
        negative = encoder(graph, sampler, "negative", why)
        if positive and negative and (negative.targets, negative.part) == (positive.targets, positive.part):
            negative = None
            why["negative_prompt"] = (
                f"{told(graph, positive.node)} is the text of both of its sampler's prompts"
            )
        texts = [text.node for text in (positive, negative) if text]
        models = model_binds(graph, sampler, texts, why)
        loras, motion_loras, window = models.loras, models.motion_loras, models.window
        fields = {**sampler_binds(graph, sampler), **size_binds(graph, sampler, texts), **models.fields}
    fields |= {name: (target,) for name, target in asked.items() if name in PLAIN}
    fields = {name: targets for name, targets in fields.items() if name not in nowhere}
    positive = _text(graph, "prompt", asked, nowhere, positive)
    negative = _text(graph, "negative_prompt", asked, nowhere, negative)
    why = {name: said for name, said in why.items() if name not in asked}
    _apart(graph, fields, asked)
    return Bound(sampler, fields, positive, negative, loras, motion_loras, window, why)


def _apart(graph: Graph, fields: Mapping[str, tuple[Target, ...]], asked: Mapping[str, Target]) -> None:
    """Two fields in one input would go over each other; only a square may have both its sides in one."""
    for name, target in asked.items():
        for other, targets in fields.items():
            if name != other and target in targets and {name, other} != {"width", "height"}:
                where = f"{target.input} of {told(graph, target.node)}"
                raise UsageError(
                    f"backend.bind.{name}: {where} is the clip's {other} already; name another input, or "
                    f"leave that one to the graph by backend.bind.{other}=''"
                )


def _text(
    graph: Graph, name: str, asked: Mapping[str, Target], nowhere: Container[str], found: Encoder | None
) -> Encoder | None:
    if name in nowhere:
        return None
    return Encoder.at(graph, asked[name]) if name in asked else found


def _asked(graph: Graph, binds: Mapping[str, Any]) -> tuple[dict[str, Target], set[str]]:
    """Where fields are asked to go, and those that are to go nowhere."""
    asked: dict[str, Target] = {}
    nowhere = set()
    for name, words in flat(binds).items():
        if name not in FIELDS:
            close = get_close_matches(name, FIELDS, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise UsageError(
                f"backend.bind.{name} is no field that can be bound; {hint}these: {', '.join(FIELDS)}"
            )
        if words in ("", None):
            nowhere.add(name)
            continue
        target = target_called(graph, str(words), f"backend.bind.{name}={words!r}")
        if target.input not in inputs_of(graph, target.node):
            raise UsageError(
                f"backend.bind.{name}={words!r}: {told(graph, target.node)} has no input {target.input}; "
                f"it has: {', '.join(inputs_of(graph, target.node)) or 'none'}"
            )
        asked[name] = settled(graph, target.node, target.input) or target
    return asked, nowhere
