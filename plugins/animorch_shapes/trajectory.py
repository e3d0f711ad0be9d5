"""Trajectory: which motion a shape's place, size and turn over time amount to."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_MOVED = 0.10  # share of the picture from which a shape has moved
_SWELLED = 1.25  # ratio of sizes from which a shape has grown
_TURNED = 0.45  # radians from which a shape has spun
_HOPPED = 0.045  # standard deviation of the height, its trend taken out, from which a shape has bounced


@dataclass(frozen=True)
class Track:
    """A shape in every frame: middle and radius as shares of the short side, turn in radians; each (T,)."""

    x: Array
    y: Array
    radius: Array
    turn: Array


def motion_of(track: Track, fold: int) -> str:
    """The motion's word. fold: how often the shape looks the same in a full turn (1: it always does)."""
    if len(track.x) < 2:
        return "still"
    across, down = _change(track.x), _change(track.y)
    swell = float(np.exp(_change(np.log(track.radius))))
    if _wobble(track.y) > _HOPPED:
        return "bouncing"
    if max(swell, 1 / swell) > _SWELLED:
        return "growing" if swell > 1 else "shrinking"
    if max(abs(across), abs(down)) > _MOVED:
        if abs(across) > abs(down):
            return "right" if across > 0 else "left"
        return "down" if down > 0 else "up"
    if fold > 1 and abs(_turned(track.turn, fold)) > _TURNED:
        return "spinning"
    return "still"


def _change(values: Array) -> float:
    """How much the straight line through the values rises over the clip."""
    when = np.linspace(-0.5, 0.5, len(values))
    return float((when * (values - values.mean())).sum() / (when * when).sum())


def _wobble(values: Array) -> float:
    when = np.linspace(-0.5, 0.5, len(values))
    return float((values - values.mean() - when * _change(values)).std())


def _turned(turn: Array, fold: int) -> float:
    """Radians turned over the clip, a turn by a symmetry of the shape being none."""
    unfolded = np.unwrap(turn, period=2 * pi / fold)
    return _change(unfolded)
