"""Look: what a prompt decides, as plain numbers, so that two looks can be blended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi
from typing import Any

from PIL import ImageColor

from animorch import RenderSpec
from animorch_testcard.chance import between, pick, share
from animorch_testcard.colour import RGB, hue_of, rgb

SHAPES = 5
CORNERS = 72  # points of an outline

# Hues (OKLCH degrees) of words that have one; CSS colour names are known besides.
_MOODS = {
    "fire": 40, "sunset": 45, "autumn": 55, "evening": 50, "desert": 75, "sand": 80, "sun": 90,
    "forest": 145, "jungle": 145, "grass": 135, "spring": 130, "sea": 220, "ocean": 225, "waves": 225,
    "rain": 240, "winter": 235, "snow": 230, "ice": 215, "night": 275, "moon": 280, "neon": 330,
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """sky and stage: colour at the top and the bottom. ink: lines and text.

    paints: colour of each shape. outlines: each shape's radius (0..1) at CORNERS angles.
    sizes: each shape's radius as a share of the disc's.
    """

    sky: tuple[RGB, RGB]
    stage: tuple[RGB, RGB]
    ink: RGB
    paints: tuple[RGB, ...]
    outlines: tuple[tuple[float, ...], ...]
    sizes: tuple[float, ...]


@lru_cache(maxsize=64)
def look_of(prompt: str) -> Look:
    """The look of a prompt: hue from its words where they have one, everything else from chance."""
    hue, light = _hue(prompt), share(prompt, "paper") < 0.3
    words = _words(prompt)
    return Look(
        sky=(rgb(0.93, 0.03, hue), rgb(0.84, 0.06, hue + 30)) if light
        else (rgb(0.30, 0.07, hue), rgb(0.17, 0.05, hue + 40)),
        stage=(rgb(0.40, 0.10, hue - 20), rgb(0.58, 0.13, hue + 35)) if light
        else (rgb(0.42, 0.12, hue + 20), rgb(0.22, 0.08, hue - 25)),
        ink=rgb(0.25, 0.04, hue) if light else rgb(0.96, 0.02, hue),
        paints=tuple(_paint(hue, place, word) for place, word in enumerate(words)),
        outlines=tuple(_outline(word) for word in words),
        sizes=tuple(between(0.15, 0.30, word, "size") for word in words),
    )  # fmt: skip


def look_at(spec: RenderSpec, frame: int) -> tuple[Look, str]:
    """The look at a frame, blended along prompt_travel, and the prompt that has the greater part."""
    stops = spec.prompt_travel
    if not stops or (0 not in stops and spec.prompt):
        stops = {0: spec.prompt} | stops
    keys = sorted(stops)
    before = max((key for key in keys if key <= frame), default=keys[0])
    after = min((key for key in keys if key > frame), default=before)
    mix = (frame - before) / (after - before) if after > before else 0.0
    near = stops[after if mix >= 0.5 else before]
    return blend(look_of(stops[before]), look_of(stops[after]), mix), near


def blend(one: Look, other: Look, mix: float) -> Look:
    """The look at `mix` (0..1) of the way from one to the other."""
    return one if mix == 0 else Look(*(_mixed(getattr(one, k), getattr(other, k), mix) for k in vars(one)))


def _mixed(one: Any, other: Any, mix: float) -> Any:
    if isinstance(one, tuple):
        return tuple(_mixed(a, b, mix) for a, b in zip(one, other, strict=True))
    return one + (other - one) * mix


def _words(prompt: str) -> list[str]:
    """SHAPES words: the prompt's own, longer ones first, then made-up ones."""
    own = sorted(dict.fromkeys(re.findall(r"\w+", prompt.lower())), key=lambda word: -len(word))
    return (own + [f"{prompt}#{place}" for place in range(SHAPES)])[:SHAPES]


def _hue(prompt: str) -> float:
    for word in re.findall(r"[a-z]+", prompt.lower()):
        known: float | None = _MOODS.get(word)
        if known is None and word in ImageColor.colormap:
            known = hue_of(ImageColor.getrgb(word))
        if known is not None:
            return known + between(-12, 12, prompt, "hue")
    return between(0, 360, prompt, "hue")


def _paint(hue: float, place: int, word: str) -> RGB:
    turn = (0, 40, 180, 150, -50)[place % SHAPES]
    return rgb(between(0.72, 0.88, word, "light"), between(0.12, 0.17, word, "chroma"), hue + turn)


def _outline(word: str) -> tuple[float, ...]:
    """A disc, polygon, star or flower, as radii."""
    kind, lobes = pick(4, word, "kind"), 3 + pick(5, word, "lobes")
    return tuple(round(_radius(kind, lobes, place / CORNERS), 4) for place in range(CORNERS))


def _radius(kind: int, lobes: int, turn: float) -> float:
    inside = turn * lobes % 1.0  # place within a lobe, 0..1
    if kind == 0:
        return 1.0
    if kind == 1:
        return cos(pi / lobes) / cos(pi / lobes * (2 * inside - 1))
    if kind == 2:
        return 0.42 + 0.58 * float(abs(2 * inside - 1) ** 1.4)
    return 0.74 + 0.26 * cos(2 * pi * inside)
