"""Refusals: every reason why a ComfyUI server cannot make a clip, told before it is asked to.

`unsupported` needs no server; `problems` holds a spec against what one server offers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from animorch import RenderSpec
from animorch_comfyui.graph.options import GraphOptions
from animorch_comfyui.graph.plan import planned
from animorch_comfyui.graph.start import LATENT
from animorch_comfyui.graph.window import sliding
from animorch_comfyui.graph.words import unused
from animorch_comfyui.offers import Offers

_USUAL = GraphOptions()
_LAYERS = 12  # of CLIP ViT-L
_TABLES = {"v1": 24, "v2": 32, "v3": 32}  # positions of the published modules
_OVER_FRAMES = ("v2", "v3")  # families with which AnimateDiff-Evolved normalises each frame
_NORMS = {"v1": "clip", **dict.fromkeys(_OVER_FRAMES, "frame")}


def problems(
    spec: RenderSpec,
    offers: Offers,
    models: Mapping[str, str] | None = None,
    options: GraphOptions = _USUAL,
) -> list[str]:
    """A sentence for each thing that this server lacks or would not take: packs, files, words, numbers."""
    return planned(spec, offers, models or {}, options)[1]


def unsupported(spec: RenderSpec) -> Iterator[str]:
    """A sentence for each field that no ComfyUI server can honour, or that has no effect beside another."""
    yield from _weights(spec)
    yield from _sizes(spec)
    yield from _positions(spec)
    yield from _window(spec)
    yield from _noise(spec)
    yield from _inputs(spec)
    travel = spec.travel
    if travel and not (spec.prompt_travel or spec.negative_travel or travel.head or travel.tail):
        yield (
            "travel says how prompts blend, and there are none to blend; give prompt_travel, or take travel "
            "out"
        )
    yield from unused(spec)


def _weights(spec: RenderSpec) -> Iterator[str]:
    if spec.checkpoint.base == "embedded":
        yield (
            f"checkpoint={spec.checkpoint.name} is animorch's own small model, which ComfyUI cannot load; "
            "choose one of base sd15 or sdxl, or render with backend=diffusers"
        )
    if spec.checkpoint.config is not None:
        yield (
            f"checkpoint.config={spec.checkpoint.config} is a folder of diffusers, and ComfyUI tells a "
            "checkpoint's kind by its tensors; take it out"
        )
    if spec.checkpoint.base == "sdxl" and spec.clip_skip >= _LAYERS:
        yield (
            f"clip_skip={spec.clip_skip}: SDXL's smaller text encoder has {_LAYERS} layers, is read from the "
            f"last but one, and is read whole where too many are left out; use {_LAYERS - 1} or less"
        )
    for kind in ("loras", "motion_loras"):
        for at, lora in enumerate(getattr(spec, kind)):
            if lora.blocks:
                yield (
                    f"{kind}[{at}].blocks: ComfyUI's loader has one strength for all blocks; take blocks "
                    "out, or render with backend=diffusers"
                )
    yield from _norm(spec)


def _norm(spec: RenderSpec) -> Iterator[str]:
    """AnimateDiff-Evolved normalises over the clip with v1 modules and over frames with the others."""
    by_itself = _NORMS.get(spec.motion.family)
    if spec.group_norm is None or spec.group_norm == by_itself:
        return
    what = f"normalises by {by_itself}" if by_itself else "decides by the file"
    yield (
        f"group_norm={spec.group_norm}: AnimateDiff-Evolved {what} with motion={spec.motion.name} of family "
        f"{spec.motion.family} and has no setting for it; set group_norm=null"
    )


def _sizes(spec: RenderSpec) -> Iterator[str]:
    for side in ("width", "height"):
        size = getattr(spec, side)
        if size % LATENT:
            yield (
                f"{side}={size} is not a multiple of {LATENT}, and ComfyUI would render another size; use "
                f"{side}={max(LATENT, round(size / LATENT) * LATENT)}"
            )


def _positions(spec: RenderSpec) -> Iterator[str]:
    """The published table's length, where the spec does not give the module's own."""
    if spec.motion.table is None and (sentence := spec.too_long(_TABLES.get(spec.motion.family))):
        yield f"{sentence}, or set motion.table where the file has more"


def _window(spec: RenderSpec) -> Iterator[str]:
    window = spec.window
    if window is None:
        return
    if window.fuse == "relative" and window.schedule != "static":
        yield (
            f"window.fuse=relative: AnimateDiff-Evolved has it for static windows only, not for "
            f"{window.schedule or 'looped_uniform'}; use window.schedule=static, or window.fuse=pyramid"
        )
    if window.schedule == "uniform" and window.stride_levels > 1:
        yield (
            f"window.stride_levels={window.stride_levels}: with window.schedule=uniform AnimateDiff-Evolved "
            "may leave frames in no window; use looped_uniform, or window.stride_levels=1"
        )


def _noise(spec: RenderSpec) -> Iterator[str]:
    free = spec.freeinit
    if free is not None and any(steps != spec.steps for steps in free.passes(spec.steps)):
        yield (
            "freeinit.fast: AnimateDiff-Evolved does each pass with all steps; set freeinit.fast=false, or "
            "render with backend=diffusers"
        )
    if free is not None and spec.init is not None:
        yield (
            "freeinit begins each pass at full noise and init in the middle of the denoising; take one of "
            "them out"
        )
    yield from _freenoise(spec)


def _freenoise(spec: RenderSpec) -> Iterator[str]:
    """AnimateDiff-Evolved shuffles by the window: its length is drawn, what it moves on by is a group."""
    free, window = spec.freenoise, sliding(spec)
    if free is None:
        return
    if window is None:
        yield (
            f"freenoise: AnimateDiff-Evolved shuffles noise from window to window, and no window slides over "
            f"{spec.frames} frames; set window.length={free.length} with more frames, or take freenoise out"
        )
        return
    moves = window.length if window.schedule == "batched" else window.length - window.overlap
    if (free.length, free.stride) != (window.length, moves):
        yield (
            f"freenoise.length={free.length} and stride={free.stride}: AnimateDiff-Evolved takes both from "
            f"the window, which is {window.length} long and moves on by {moves}; set freenoise.length="
            f"{window.length} and freenoise.stride={moves}"
        )


def _inputs(spec: RenderSpec) -> Iterator[str]:
    if spec.mask is not None and spec.init is None:
        yield "mask keeps the black part as init is, and there is no init; set init.path=IMAGE_OR_VIDEO"
    if spec.init is not None and int(spec.steps * spec.init.strength) < 1:
        yield (
            f"init.strength={spec.init.strength} of steps={spec.steps} leaves no step to do; set "
            f"init.strength={1 / spec.steps:.3g} or more, or raise steps"
        )
    for at, net in enumerate(spec.controlnets):
        label = f"controlnets[{at}]"
        if net.guess_mode:
            yield (
                f"{label}.guess_mode: ComfyUI's ControlNet has no such mode; set it to false, or render with "
                "backend=diffusers"
            )
        if net.base != spec.checkpoint.base:
            yield (
                f"{label}={net.name} is for base {net.base} and checkpoint={spec.checkpoint.name} is of base "
                f"{spec.checkpoint.base}; choose a ControlNet for {spec.checkpoint.base}"
            )
        if net.start >= net.end:
            yield f"{label}: start={net.start} is not before end={net.end}, so it never acts; lower start"
    yield from _keyframes(spec)


def _keyframes(spec: RenderSpec) -> Iterator[str]:
    sparse = spec.sparse_control
    if sparse is None:
        return
    if spec.checkpoint.base == "sdxl":
        yield (
            f"sparse_control is for checkpoints of base sd15 and checkpoint={spec.checkpoint.name} is of "
            "base sdxl; take it out, or choose an sd15 checkpoint with motion=v3"
        )
    for number in sparse.keyframes:
        if not -spec.frames <= number < spec.frames:
            yield (
                f"sparse_control.keyframes has frame {number} and the clip has frames 0 to {spec.frames - 1} "
                "(-1 is the last); move it, or raise frames"
            )
        elif number < 0 and number + spec.frames in sparse.keyframes:
            both = f"{number} and {number + spec.frames}"
            yield f"sparse_control.keyframes has {both}, which are one frame; keep one"
