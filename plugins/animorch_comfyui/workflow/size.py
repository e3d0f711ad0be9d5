"""Size: width, height and number of frames of what a sampler begins with."""

from __future__ import annotations

from collections.abc import Iterable

from animorch_comfyui.built import Graph
from animorch_comfyui.workflow.names import Target, inputs_of
from animorch_comfyui.workflow.trace import origin, settled, upstream

_STARTS = ("latent_image", "latent", "samples", "optional_latent")
_WIDTHS = ("width", "custom_width", "empty_latent_width")
_HEIGHTS = ("height", "custom_height", "empty_latent_height")
_FRAMES = ("batch_size", "amount", "frame_load_cap", "length", "frames")
_LOADERS = ("LoadImage",)


def size_binds(graph: Graph, sampler: str, texts: Iterable[str]) -> dict[str, tuple[Target, ...]]:
    """The nearest inputs of these names above the sampler's latents; a schedule's length goes with frames."""
    start = next((step for name in _STARTS if (step := origin(graph, sampler, name))), None)
    nodes = [sampler, *(node for node, _ in upstream(graph, start, lambda *_: True))]
    found: dict[str, tuple[Target, ...]] = {}
    for field, names in (("width", _WIDTHS), ("height", _HEIGHTS), ("frames", _FRAMES)):
        if target := _nearest(graph, nodes, names):
            found[field] = (target,)
    if "frames" in found:
        found["frames"] += tuple(_followers(graph, found["frames"][0], texts))
    pictures = [node for node in nodes if graph[node]["class_type"] in _LOADERS]
    if len(pictures) == 1 and isinstance(inputs_of(graph, pictures[0]).get("image"), str):
        found["init.path"] = (Target(pictures[0], "image"),)
    return found


def _nearest(graph: Graph, nodes: Iterable[str], names: tuple[str, ...]) -> Target | None:
    for node in nodes:
        for name in names:
            target = settled(graph, node, name)
            if target and _is_count(inputs_of(graph, target.node)[target.input]):
                return target
    return None


def _followers(graph: Graph, frames: Target, texts: Iterable[str]) -> Iterable[Target]:
    """Ends of prompt schedules that equal the clip's, and would stay behind when it grows."""
    count = inputs_of(graph, frames.node)[frames.input]
    for node in dict.fromkeys(texts):
        for name in ("max_frames", "end_frame"):
            target = settled(graph, node, name)
            if target and target != frames and inputs_of(graph, target.node)[target.input] == count:
                yield target


def _is_count(value: object) -> bool:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool) and value >= 1  # type: ignore[operator]
