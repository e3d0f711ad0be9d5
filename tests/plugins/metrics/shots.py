"""Shots: clips made so that what a metric should read is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from animorch import Clip, Metric, RenderSpec
from animorch.testing import small_spec

SPEC: RenderSpec = small_spec()


def number(metric: Metric, clip: Clip, key: str) -> float:
    value = metric.measure(clip, SPEC)[key]
    assert isinstance(value, float)
    return value


def texture(side: int, blur: float = 4, seed: int = 0) -> np.ndarray[Any, Any]:
    """A soft, colourful picture: uint8 (side, side, 3)."""
    noise = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    soft = np.asarray(Image.fromarray(noise).filter(ImageFilter.GaussianBlur(blur))).astype(float)
    return np.clip((soft - soft.mean()) / soft.std() * 45 + 128, 0, 255).astype(np.uint8)


def pan(step: float, size: int = 128, frames: int = 4, angle: float = 0.0) -> Clip:
    """A camera pan of `step` pixels a frame in a direction."""
    wide, middle = texture(3 * size), size
    places = [(round(step * t * np.cos(angle)), round(step * t * np.sin(angle))) for t in range(frames)]
    return Clip(
        np.stack([wide[middle + y : middle + y + size, middle + x : middle + x + size] for x, y in places])
    )


def still(colour: tuple[int, int, int], frames: int = 8) -> Clip:
    return Clip(np.full((frames, 32, 32, 3), colour, np.uint8))


def flickering(clip: Clip, by: int) -> Clip:
    """Every other frame brighter by so many levels."""
    lift = np.where(np.arange(len(clip)) % 2, by, 0)[:, None, None, None]
    return Clip(np.clip(clip.frames.astype(int) + lift, 0, 255).astype(np.uint8))


def fading(target: tuple[int, int, int], frames: int = 12) -> Clip:
    """A healthy picture that turns into one colour."""
    share = np.clip(np.linspace(0, 1.4, frames), 0, 1)[:, None, None, None]
    return Clip((texture(64) * (1 - share) + np.array(target) * share).astype(np.uint8))


def sepia() -> Clip:
    grey = texture(64).mean(axis=2, keepdims=True)
    return Clip(np.repeat((grey * np.array([1.0, 0.75, 0.5]))[None], 6, axis=0).astype(np.uint8))


def sepia_fade(frames: int = 12) -> Clip:
    """A colourful picture that turns to sepia and keeps its contrast."""
    share = np.clip(np.linspace(0, 1.4, frames), 0, 1)[:, None, None, None]
    return Clip((texture(64) * (1 - share) + sepia().frames[:1] * share).astype(np.uint8))


def repeated(picture: np.ndarray[Any, Any], frames: int = 6) -> Clip:
    """One picture, standing still."""
    return Clip(np.repeat(picture[None], frames, axis=0))


def noisy(clip: Clip, by: float, seed: int = 0) -> Clip:
    """The clip under grain of its own in every frame, of this standard deviation in levels."""
    grain = np.random.default_rng(seed).normal(0, 1, clip.frames.shape) * by
    return Clip(np.clip(clip.frames + grain, 0, 255).round().astype(np.uint8), clip.fps)


def shuffled(clip: Clip, seed: int = 0) -> Clip:
    """The same frames in an order in which hardly any follows its neighbour."""
    order = np.random.default_rng(seed).permutation(len(clip))
    return Clip(clip.frames[order], clip.fps)
