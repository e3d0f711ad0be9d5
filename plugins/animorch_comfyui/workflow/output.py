"""Output: which pictures of a graph are the clip, and the node of ours that saves them."""

from __future__ import annotations

from collections.abc import Iterator

from animorch import UsageError
from animorch_comfyui.built import Graph
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow.names import inputs_of, node_called, told
from animorch_comfyui.workflow.sampler import samplers
from animorch_comfyui.workflow.trace import Step, downstream, origin

FRAMES = "animorch_frames"
_PICTURES = ("images", "image", "frames")  # inputs of nodes that save or show


def add_frames(graph: Graph, sampler: str | None, output: str | None, offers: Offers | None) -> str:
    """Adds a SaveImage to the pictures that are the clip, and returns its id; the graph's own stay.

    Raises UsageError when it is unclear which pictures those are.
    """
    node, slot = _chosen(graph, output, offers) if output else _decoded(graph, sampler)
    name = next(name for name in _names() if name not in graph)
    graph[name] = {
        "inputs": {"images": [node, slot], "filename_prefix": "animorch/frame"},
        "class_type": "SaveImage",
        "_meta": {"title": "animorch frames"},
    }
    return name


def _names() -> Iterator[str]:
    yield FRAMES
    number = 2
    while True:
        yield f"{FRAMES}_{number}"
        number += 1


def _chosen(graph: Graph, output: str, offers: Offers | None) -> Step:
    """The first picture output of the node named, or what a saving node is given."""
    asked = f"backend.output={output}"
    node = node_called(graph, output, asked)
    kinds = offers.outputs(graph[node]["class_type"]) if offers else ()
    if "IMAGE" in kinds:
        return node, kinds.index("IMAGE")
    given = next((step for name in _PICTURES if (step := origin(graph, node, name))), None)
    if given is not None and (offers is None or "IMAGE" not in kinds):
        return given
    if offers is None:
        return node, 0
    raise UsageError(f"{asked}: {told(graph, node)} gives no pictures; name one that does")


def _decoded(graph: Graph, sampler: str | None) -> Step:
    """The decoder of the sampler's latents."""
    found = [node for node in graph if _decodes(graph, node)]
    if sampler is not None:
        after = [node for node in downstream(graph, sampler) if node in found]
        found = after[:1] or found
    if len(found) == 1:
        return found[0], 0
    cure = "say which node's pictures are the clip by backend.output=NODE (title, id or class)"
    if found:
        raise UsageError(
            f"{len(found)} nodes of the workflow decode pictures "
            f"({', '.join(told(graph, node) for node in found)}); {cure}"
        )
    several = f", which has {len(samplers(graph))} samplers" if len(samplers(graph)) > 1 else ""
    raise UsageError(f"no node of the workflow{several} decodes a sampler's latents; {cure}")


def _decodes(graph: Graph, node: str) -> bool:
    return "Decode" in graph[node]["class_type"] and {"samples", "vae"} <= set(inputs_of(graph, node))
