"""Develop: from the drawn card to the rendered one. Blur and grain of the steps, contrast of the cfg."""

from __future__ import annotations

from math import log2, sqrt
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from animorch import RenderSpec
from animorch_testcard.backdrop import ribbon

_LUMA = (0.299, 0.587, 0.114)
_GREY = 118  # the tone that contrast leaves where it is


def develop(picture: Image.Image, spec: RenderSpec, seed: bytes, frame: int) -> np.ndarray[Any, Any]:
    """One frame: uint8, (height, width, 3)."""
    blur = 0.004 * min(picture.size) * max(0.0, 8 / spec.steps - 0.35)
    if blur > 0.2:  # few steps leave a picture soft
        picture = picture.filter(ImageFilter.GaussianBlur(blur))
    return _grained(np.asarray(picture.convert("RGB", _matrix(spec))), spec, seed, frame)


def _matrix(spec: RenderSpec) -> tuple[float, ...]:
    """Twelve numbers for contrast, saturation and the LoRAs' tint in one pass.

    cfg 7.5 leaves the card as drawn; 1 leaves a third of the contrast; 30 doubles it and burns.
    """
    strength = log2(max(spec.cfg, 0.5) / 7.5)
    contrast, colour = 2 ** (0.55 * strength), 2 ** (0.35 * strength)
    rows: list[float] = []
    for channel, tint in enumerate(_tint(spec)):
        for other, luma in enumerate(_LUMA):
            mix = (colour if other == channel else 0) + (1 - colour) * luma
            rows.append(round(contrast * mix * (1 + tint), 4))
        rows.append(round(_GREY * (1 - contrast), 2))
    return tuple(rows)


def _tint(spec: RenderSpec) -> tuple[float, float, float]:
    """What the style LoRAs add to red, green and blue, as shares; each pulls towards its ribbon."""
    tint = [0.0, 0.0, 0.0]
    for lora in spec.loras:
        for channel, part in enumerate(ribbon(lora.name)):
            tint[channel] += 0.35 * max(-2.0, min(lora.weight, 2.0)) * (part / 255 - 0.55)
    red, green, blue = (max(-0.6, min(part, 0.6)) for part in tint)
    return red, green, blue


def _grained(
    picture: np.ndarray[Any, Any], spec: RenderSpec, seed: bytes, frame: int
) -> np.ndarray[Any, Any]:
    """Grain from every field at once, finer with more steps: any other spec is another picture."""
    height, width, _ = picture.shape
    reach = 1 + round(14 / sqrt(spec.steps))
    raw = np.random.PCG64([frame, *np.frombuffer(seed, "<u4").tolist()]).random_raw(height * width // 8 + 1)
    noise = raw.astype("<u8").view(np.uint8)[: height * width].astype(np.int16)
    grain = (noise * (2 * reach + 1) >> 8) - reach
    return np.asarray(np.clip(picture + grain.reshape(height, width, 1), 0, 255), np.uint8)
