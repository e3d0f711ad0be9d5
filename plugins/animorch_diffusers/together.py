"""Together: fields of a spec that have no meaning beside one another, or alone."""

from __future__ import annotations

from collections.abc import Iterator

from animorch import RenderSpec


def togetherness_problems(spec: RenderSpec) -> Iterator[str]:
    """A sentence for each such combination."""
    yield from _freenoise(spec)
    if spec.freeinit and spec.init:
        yield (
            "freeinit begins each pass at full noise and init in the middle of the denoising; take one of "
            "them out"
        )
    travel = spec.travel
    if travel and not (spec.prompt_travel or spec.negative_travel or travel.head or travel.tail):
        yield (
            "travel says how prompts blend, and there are none to blend; give prompt_travel, or take travel "
            "out"
        )


def _freenoise(spec: RenderSpec) -> Iterator[str]:
    """What makes windows see one noise twice, or FreeNoise do nothing."""
    free = spec.freenoise
    if free is None:
        return
    span = min(spec.window.length, spec.frames) if spec.window else spec.frames
    if spec.frames <= free.length:
        yield (
            f"freenoise carries {free.length} frames of noise on and the clip has {spec.frames}; "
            f"take freenoise out, or set frames above {free.length}"
        )
    elif span > free.length:
        named = f"window.length={span}" if spec.window else "a clip without window"
        yield (
            f"{named} sees {span} frames at once and freenoise.length={free.length} repeats noise inside "
            f"them; set window.length={free.length}"
        )
    if free.stride > free.length:
        yield (
            f"freenoise.stride={free.stride} shuffles more frames than the {free.length} whose noise is "
            "drawn; set it below freenoise.length"
        )
    if spec.freeinit:
        yield "freeinit draws noise that freenoise has not shuffled; take one of them out"
