"""Regions: prompts for parts of the picture, laid together by masks."""

from __future__ import annotations

from typing import Any

from animorch import RenderSpec
from animorch_comfyui.graph.draft import Draft, Link
from animorch_comfyui.graph.start import LATENT
from animorch_comfyui.graph.stills import brightness, grey, of_array
from animorch_comfyui.graph.text import plain
from animorch_comfyui.graph.uploaded import mask
from animorch_comfyui.graph.words import Spell


def divided(draft: Draft, spec: RenderSpec, whole: Link, clip: Link, spell: Spell) -> Link:
    """The clip's own prompt where the masks leave over, and each region's inside its mask.

    ComfyUI adds up what the prompts answer, each times its mask and strength, and divides by their sum. With
    the rest of the masks on the clip's own prompt that is what a spec's regions mean.
    """
    if not spec.regions:
        return whole
    bright = draft.attempt(lambda: _brightness(spec))
    shown = bright if bright is not None else [None] * len(spec.regions)
    left = None if bright is None else _left(bright)
    laid = _masked(draft, "rest", whole, left, 1.0)
    for at, region in enumerate(spec.regions):
        told = plain(draft, f"region_{at + 1}", clip, spell(region.prompt))
        part = _masked(draft, f"region_{at + 1}", told, shown[at], region.weight)
        laid = draft.add(f"regions_{at + 1}", "ConditioningCombine", conditioning_1=laid, conditioning_2=part)
    return laid


def _masked(draft: Draft, node: str, told: Link, bright: Any, weight: float) -> Link:
    where = mask(draft, f"{node}_mask", lambda: [] if bright is None else of_array(grey(bright)))
    return draft.add(
        f"{node}_masked",
        "ConditioningSetMask",
        conditioning=told,
        mask=where,
        strength=weight,
        set_cond_area="default",
    )


def _brightness(spec: RenderSpec) -> list[Any]:
    """uint8 (1 or T, h, w) of each region, at the latents' size."""
    size = spec.width // LATENT, spec.height // LATENT
    return [brightness(region.mask, spec.frames, *size) for region in spec.regions]


def _left(bright: list[Any]) -> Any:
    """What all masks together leave over."""
    import numpy as np

    total = sum(np.asarray(each, np.int64) for each in bright)
    return np.clip(255 - total, 0, 255).astype(np.uint8)
