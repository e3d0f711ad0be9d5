"""Finish: from latents to the frames that the client fetches, and to the server's own film."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from animorch_comfyui.graph.draft import Draft, Link
from animorch_comfyui.graph.options import GraphOptions

_PREFIX = "animorch/frame"  # the client sets one of its own for each job
_COMBINE = "VHS_VideoCombine"
_CORE = {"h264-mp4": ("mp4", "h264")}  # what ComfyUI writes by itself


def frames(draft: Draft, latents: Link, vae: Link, options: GraphOptions) -> tuple[str, tuple[str, ...]]:
    """The node that saves frames without loss, and those that must deliver besides."""
    kind = "VAEDecodeTiled" if options.tiled_decode else "VAEDecode"
    decoded = draft.add("decode", kind, samples=latents, vae=vae)
    saved = draft.add("frames", "SaveImage", images=decoded, filename_prefix=_PREFIX)[0]
    return saved, _film(draft, decoded, options)


def _film(draft: Draft, decoded: Link, options: GraphOptions) -> tuple[str, ...]:
    if options.video is None:
        return ()
    if draft.offers.has(_COMBINE) or options.video not in _CORE:
        return (_combined(draft, decoded, options),)
    container, codec = _CORE[options.video]
    film = draft.add("film", "CreateVideo", fields=_FIELDS, images=decoded, fps=options.fps)
    saved = draft.add(
        "video", "SaveVideo", video=film, filename_prefix=_PREFIX, format=container, codec=codec
    )
    return (saved[0],)


_FIELDS = {"fps": "backend.video_fps", "frame_rate": "backend.video_fps", "format": "backend.video"}


def _combined(draft: Draft, decoded: Link, options: GraphOptions) -> str:
    """VideoHelperSuite's node, with the defaults of what the format takes besides."""
    offered = draft.offers.choices(_COMBINE, "format")
    name = str(options.video)
    wanted = next((each for each in (name, f"video/{name}", f"image/{name}") if each in offered), name)
    node: str = draft.add(
        "video",
        _COMBINE,
        fields=_FIELDS,
        images=decoded,
        frame_rate=options.fps,
        loop_count=0,
        filename_prefix=_PREFIX,
        format=wanted,
        pingpong=False,
        save_output=True,
    )[0]
    said = draft.offers.inputs(_COMBINE).get("format")
    formats = said.more.get("formats") if said else None
    extras = formats.get(wanted, ()) if isinstance(formats, dict) else ()
    draft.graph[node]["inputs"] |= _usual(extras)
    return node


def _usual(extras: Iterable[Any]) -> dict[str, Any]:
    """The default of each `[name, type or choices, {default}]`."""
    found: dict[str, Any] = {}
    for name, kind, *more in extras:
        told = more[0] if more and isinstance(more[0], dict) else {}
        if "default" in told:
            found[name] = told["default"]
        elif isinstance(kind, list) and kind:
            found[name] = kind[0]
    return found
