"""Scene: one clip in numbers, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Any, Literal

import numpy as np

from animorch_shapes.words import BACKGROUNDS, COLOURS, RGB, Words

Array = np.ndarray[Any, Any]

_TURN = 2.4  # radians that a spinning shape turns in a clip
_GROWTH = 2.1  # last size over first, of a growing shape
_TRAVEL = 0.44  # share of the picture that a moving shape crosses
_HOP = 0.36  # height of a bounce, share of the picture
_HOPS = 2


@dataclass(frozen=True)
class Scene:
    """Where the shape is in every frame. Lengths are shares of the picture's side, y grows downwards.

    x, y: middle of the shape; radius: to its farthest point; turn: radians clockwise. Each of shape (T,).
    """

    words: Words
    paint: RGB
    backdrop: RGB
    x: Array
    y: Array
    radius: Array
    turn: Array


Look = Literal["plain", "paper"]
_PAPER = (236, 229, 211)
_INK = 0.55  # share of a colour's brightness that ink on paper has


def scene(
    words: Words, seed: int, frames: int = 16, pace: float = 1.0, roam: float = 1.0, look: Look = "plain"
) -> Scene:
    """The clip of these words that belongs to the seed; pace 1 is the usual speed, 0.5 half of it.

    roam 1 lets a path lie anywhere in the picture, 0 in its middle. look "paper" paints dark ink on
    paper, whatever background the words name.
    """
    chance = np.random.default_rng([seed, 7])
    when = np.linspace(0.0, 1.0, frames) if frames > 1 else np.zeros(1)
    pace = pace * chance.uniform(0.9, 1.1)
    radius = _radii(words.motion, when, chance, pace)
    x, y = _path(words.motion, when, chance, pace, roam, float(radius.max()))
    turn = when * _TURN * pace if words.motion == "spinning" else np.zeros(frames)
    background = words.background or str(chance.choice(list(BACKGROUNDS)))
    paint, backdrop = _tinted(COLOURS[words.colour], chance), _tinted(BACKGROUNDS[background], chance)
    if look == "paper":
        paint, backdrop = _scaled(paint, _INK), _PAPER
    return Scene(words, paint, backdrop, x, y, radius, turn)


def _radii(motion: str | None, when: Array, chance: np.random.Generator, pace: float) -> Array:
    if motion not in ("growing", "shrinking"):
        return np.full(len(when), chance.uniform(0.20, 0.25))
    large = chance.uniform(0.25, 0.30)
    swell = 1 + (_GROWTH - 1) * min(pace, 1.8)
    grown = large / swell * (1 + (swell - 1) * when)
    return grown if motion == "growing" else grown[::-1].copy()


def _path(
    motion: str | None, when: Array, chance: np.random.Generator, pace: float, roam: float, reach: float
) -> tuple[Array, Array]:
    """Middles that keep the whole shape inside the picture."""

    def within(low: float, high: float) -> float:
        return (low + high) / 2 + roam * chance.uniform(-0.5, 0.5) * (high - low)

    margin = reach + 0.02
    room = 1 - 2 * margin
    across, along = within(margin, 1 - margin), within(margin, 1 - margin)
    still = np.zeros_like(when)
    if motion == "bouncing":
        floor = within(max(margin + _HOP, 0.66), 1 - margin)
        return across + still, floor - _HOP * np.abs(np.sin(pi * when * _HOPS * pace))
    if motion not in ("left", "right", "up", "down"):
        return across + still, along + still
    span = min(_TRAVEL * pace, room)
    ahead = margin + within(0, room - span) + span * when
    moved = ahead if motion in ("right", "down") else 1 - ahead
    return (moved, along + still) if motion in ("left", "right") else (across + still, moved)


def _scaled(colour: RGB, share: float) -> RGB:
    red, green, blue = (round(part * share) for part in colour)
    return red, green, blue


def _tinted(colour: RGB, chance: np.random.Generator) -> RGB:
    """The colour with a little chance in it, so that a model learns a neighbourhood and not a point."""
    red, green, blue = (int(np.clip(part + chance.integers(-6, 7), 0, 255)) for part in colour)
    return red, green, blue
