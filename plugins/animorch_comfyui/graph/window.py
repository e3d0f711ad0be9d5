"""Window: a spec's sliding window as context options of AnimateDiff-Evolved."""

from __future__ import annotations

from animorch import RenderSpec, Window
from animorch_comfyui.graph.draft import Draft, Link

_NODES = {
    None: "ADE_LoopedUniformContextOptions",  # looped_uniform, the usual
    "uniform": "ADE_StandardUniformContextOptions",
    "static": "ADE_StandardStaticContextOptions",
    "batched": "ADE_BatchedContextOptions",
}
_FIELDS = {
    "context_length": "window.length",
    "context_overlap": "window.overlap",
    "context_stride": "window.stride_levels",
    "fuse_method": "window.fuse",
}


def sliding(spec: RenderSpec) -> Window | None:
    """The window, where the clip is longer than it: a shorter one is rendered at once."""
    return spec.window if spec.window and spec.frames > spec.window.length else None


def context(draft: Draft, spec: RenderSpec) -> Link | None:
    """Context options; None where nothing slides."""
    window = sliding(spec)
    if window is None:
        return None
    inputs: dict[str, object] = {"context_length": window.length}
    if window.schedule != "batched":
        inputs["context_overlap"] = window.overlap
        inputs["fuse_method"] = window.fuse.replace("_", "-")
    if window.schedule in (None, "uniform"):
        inputs["context_stride"] = window.stride_levels
    if window.schedule is None:
        inputs["closed_loop"] = window.closed_loop
    return draft.add("window", _NODES[window.schedule], fields=_FIELDS, **inputs)
