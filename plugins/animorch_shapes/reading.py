"""Reading: colour, shape and motion of a clip's one shape, read back from its pixels.

Segmentation against the background's colour gives how much of each pixel is shape; moments of that
give place, size and turn in every frame; the frames, brought to one place and size, are laid over
drawings of the known shapes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import pi
from typing import Any

import numpy as np

from animorch_shapes.outline import OUTLINES
from animorch_shapes.trajectory import Track, motion_of
from animorch_shapes.words import BACKGROUNDS, COLOURS, RGB, SHAPES

Array = np.ndarray[Any, Any]

_SIDE = 24  # pixels of the square in which shapes are compared
_REACH = 1.9  # half of that square, in radii of a disc of the shape's area
_TURNS = 24  # drawings of each shape, turned evenly through its symmetry
_FOLDS = {"circle": 1, "ring": 1, "square": 4, "cross": 4, "triangle": 3, "star": 5}
_FAINT = 40.0  # RGB distance from the background under which there is no shape to see
_CUT = 0.25  # coverage under which a pixel is taken for noise


@dataclass(frozen=True)
class Seen:
    """What a clip shows; None where nothing could be made out."""

    colour: str | None
    shape: str | None
    motion: str | None
    background: str | None

    def moving(self, motion: str) -> Seen:
        return replace(self, motion=motion)


def seen(frames: Array) -> Seen:
    """What uint8 frames (T, H, W, 3) show."""
    pixels = frames.astype(np.float32)
    behind = np.median(pixels[:, ::2, ::2].reshape(-1, 3), axis=0)
    background = _nearest(behind, BACKGROUNDS)
    cover, paint = _segmented(pixels, behind)
    if paint is None:
        return Seen(None, None, None, background)
    track = _tracked(cover)
    shape, turns = _shape_of(cover, track)
    track = replace(track, turn=turns)
    return Seen(_nearest(paint, COLOURS), shape, motion_of(track, _FOLDS[shape]), background)


def _segmented(pixels: Array, behind: Array) -> tuple[Array, Array | None]:
    """Coverage (T, H, W), 0..1, and the shape's colour; None when all is background."""
    apart = np.linalg.norm(pixels - behind, axis=3)
    far = float(np.quantile(apart, 0.985))
    if far < _FAINT:
        return apart, None
    paint = np.median(pixels[apart > 0.75 * far], axis=0)
    toward = paint - behind
    cover = np.clip((pixels - behind) @ toward / max(float(toward @ toward), 1.0), 0, 1)
    return np.where(cover < _CUT, 0, cover), paint


def _tracked(cover: Array) -> Track:
    """Place and size in every frame, as shares of the short side."""
    height, width = cover.shape[1:]
    mass = np.maximum(cover.sum(axis=(1, 2)), 1e-3)
    x = (cover.sum(axis=1) * (np.arange(width) + 0.5)).sum(axis=1) / mass
    y = (cover.sum(axis=2) * (np.arange(height) + 0.5)).sum(axis=1) / mass
    short = min(height, width)
    radius = np.sqrt(mass / pi) / short
    return Track(x / short, y / short, radius, np.zeros_like(x))


def _shape_of(cover: Array, track: Track) -> tuple[str, Array]:
    """The shape whose drawings differ least over the larger frames, and its turn in every frame (radians)."""
    laid = _laid(cover, track)
    weight = track.radius * (track.radius >= np.median(track.radius) * 0.999)
    best: tuple[float, str, Array] | None = None
    for shape in SHAPES:
        gaps = ((laid[:, None] - _drawings(shape)[None]) ** 2).mean(axis=(2, 3))
        gap = float((gaps.min(axis=1) * weight).sum() / weight.sum())
        if best is None or gap < best[0]:
            best = gap, shape, gaps
    assert best is not None
    return best[1], _between(best[2]) * 2 * pi / _FOLDS[best[1]]


def _between(gaps: Array) -> Array:
    """Where along the circle of turns (0..1) each row's smallest gap lies, refined by a parabola."""
    count = gaps.shape[1]
    rows, least = np.arange(len(gaps)), gaps.argmin(axis=1)
    before, here, after = gaps[rows, least - 1], gaps[rows, least], gaps[rows, (least + 1) % count]
    bend = np.maximum(before - 2 * here + after, 1e-9)
    return np.asarray((least + np.clip((before - after) / (2 * bend), -0.5, 0.5)) / count)


def _laid(cover: Array, track: Track) -> Array:
    """Every frame's shape in the middle of a small square, of one size: (T, _SIDE, _SIDE)."""
    height, width = cover.shape[1:]
    short = min(height, width)
    grid = (np.arange(_SIDE) + 0.5) / _SIDE * 2 - 1
    reach = (track.radius * _REACH)[:, None]
    x = (track.x[:, None] + grid * reach) * short - 0.5
    y = (track.y[:, None] + grid * reach) * short - 0.5
    return _looked_up(cover, x, y)


def _looked_up(cover: Array, x: Array, y: Array) -> Array:
    """Bilinear look-up at columns x and rows y (T, n); nothing is outside."""
    padded = np.pad(cover, ((0, 0), (1, 1), (1, 1)))
    x, y = np.clip(x + 1, 0, padded.shape[2] - 1.001), np.clip(y + 1, 0, padded.shape[1] - 1.001)
    left, top = x.astype(int), y.astype(int)
    fx, fy = (x - left)[:, None, :], (y - top)[:, :, None]
    frame = np.arange(len(cover))[:, None, None]
    row, column = top[:, :, None], left[:, None, :]
    upper = padded[frame, row, column] * (1 - fx) + padded[frame, row, column + 1] * fx
    lower = padded[frame, row + 1, column] * (1 - fx) + padded[frame, row + 1, column + 1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy)


@lru_cache(maxsize=16)
def _drawings(shape: str) -> Array:
    """The shape at every turn as the comparison sees it: (_TURNS, _SIDE, _SIDE)."""
    fine, radius, middle = 64, 13.0, 32.0
    place = np.arange(fine) + 0.5 - middle
    turns = np.arange(_TURNS) / _TURNS * 2 * pi / _FOLDS[shape]
    cosine, sine = np.cos(turns)[:, None, None], np.sin(turns)[:, None, None]
    x, y = place[None, None, :] / radius, place[None, :, None] / radius
    distance = OUTLINES[shape](x * cosine + y * sine, y * cosine - x * sine) * radius
    cover = np.clip(0.5 - distance / 2, 0, 1)  # softer than a drawing: what is compared went through a VAE
    return _laid(cover, _tracked(cover))


def _nearest(colour: Array, named: dict[str, RGB]) -> str:
    return min(named, key=lambda name: float(np.linalg.norm(colour - np.asarray(named[name]))))
