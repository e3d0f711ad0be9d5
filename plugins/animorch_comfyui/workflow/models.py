"""Models: checkpoint, VAE, LoRAs, motion module, its window and clip skip, found from the sampler up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from animorch_comfyui.built import Graph
from animorch_comfyui.workflow.names import Target, inputs_of, told
from animorch_comfyui.workflow.sampler import near
from animorch_comfyui.workflow.trace import Step, downstream, origin, settled, upstream

_CHECKPOINTS = ("ckpt_name", "unet_name")
_MOTIONS = ("m_models", "motion_model", "prev_m_models")
_CHAINS = ("motion_lora", "prev_motion_lora")
_WINDOW = {
    "window.length": "context_length",
    "window.overlap": "context_overlap",
    "window.stride_levels": "context_stride",
    "window.closed_loop": "closed_loop",
    "window.fuse": "fuse_method",
}


@dataclass(frozen=True)
class Chained:
    """One LoRA loader: where its file and its strengths are written."""

    node: str
    file: Target
    strengths: tuple[Target, ...]


@dataclass(frozen=True)
class Models:
    """What was found on the way."""

    fields: dict[str, tuple[Target, ...]] = field(default_factory=dict)
    loras: tuple[Chained, ...] = ()
    motion_loras: tuple[Chained, ...] = ()
    window: str | None = None


def model_binds(graph: Graph, sampler: str, texts: Iterable[str], why: dict[str, str]) -> Models:
    """Follows `model` for checkpoint, LoRAs and motion, `clip` of the texts, `vae` of the decoder."""
    place = near(graph, sampler, ("model",))
    line = _line(graph, origin(graph, *place) if place else None, "model")
    motions = list(_motions(graph, line))
    window = next((step[0] for node in line if (step := origin(graph, node, "context_options"))), None)
    named = [node for node in motions if "model_name" in inputs_of(graph, node)]
    if len(named) > 1:
        why["motion"] = "it has several motion modules: " + ", ".join(told(graph, node) for node in named)
    skips = [node for text in texts for node in _line(graph, origin(graph, text, "clip"), "clip")]
    found = {
        "checkpoint": _first(graph, line, _CHECKPOINTS),
        "motion": _first(graph, named, ("model_name",)) if len(named) == 1 else None,
        "motion_scale": _first(graph, *_scales(graph, motions)),
        "clip_skip": _first(graph, skips, ("stop_at_clip_layer",)),
        "vae": _first(graph, _decoder_line(graph, sampler), ("vae_name",)),
        **{name: _first(graph, [window], (input_,)) for name, input_ in _WINDOW.items() if window},
    }
    fields: dict[str, tuple[Target, ...]] = {name: (target,) for name, target in found.items() if target}
    loras = [link for node in reversed(line) if (link := _lora(graph, node, ("lora_name",)))]
    cameras = [
        link for node in _cameras(graph, motions) if (link := _lora(graph, node, ("name", "lora_name")))
    ]
    return Models(fields, tuple(loras), tuple(cameras), window)


def _first(graph: Graph, nodes: Iterable[str], names: Iterable[str]) -> Target | None:
    """Where the first of these inputs is written."""
    places = (settled(graph, node, name) for node in nodes for name in names)
    return next((place for place in places if place), None)


def _line(graph: Graph, start: Step | None, *names: str) -> list[str]:
    """Nodes from `start` up along links of these names, and through nodes that only pass one on."""
    found = upstream(graph, start, lambda node, name, _: name in names or len(inputs_of(graph, node)) == 1)
    return list(dict.fromkeys(node for node, _ in found))


def _motions(graph: Graph, line: Iterable[str]) -> Iterator[str]:
    """Nodes of motion modules: joined to one of the line (Gen2), or on it (Gen1)."""
    for node in line:
        if "model_name" in inputs_of(graph, node):
            yield node
        yield from _line(graph, origin(graph, node, "m_models"), *_MOTIONS)


def _scales(graph: Graph, motions: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """A plain motion_scale of an older loader, or the value joined to scale_multival."""
    joined = [step[0] for node in motions if (step := origin(graph, node, "scale_multival"))]
    return [*joined, *motions], ("float_val", "motion_scale")


def _cameras(graph: Graph, motions: Iterable[str]) -> list[str]:
    """Motion LoRA loaders, the first of the chain first."""
    starts = [step for node in motions if (step := origin(graph, node, "motion_lora"))]
    return [node for start in starts for node in reversed(_line(graph, start, *_CHAINS))]


def _decoder_line(graph: Graph, sampler: str) -> list[str]:
    decoders = (
        node for node in downstream(graph, sampler) if {"samples", "vae"} <= set(inputs_of(graph, node))
    )
    return _line(graph, origin(graph, next(decoders, sampler), "vae"), "vae")


def _lora(graph: Graph, node: str, names: Iterable[str]) -> Chained | None:
    file = _first(graph, [node], names)
    strengths = [settled(graph, node, name) for name in ("strength_model", "strength", "strength_clip")]
    written = tuple(place for place in strengths if place)
    return Chained(node, file, written) if file and written else None
