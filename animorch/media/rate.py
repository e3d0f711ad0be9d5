"""Rates: frames per second as exact fractions, and as the whole ticks that a container counts in."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import ceil


def rational(fps: float) -> Fraction:
    """The fraction meant by a rate: 8 -> 8/1, 23.976 -> 2997/125; never 0."""
    return Fraction(fps).limit_denominator(10_000) or Fraction(1, 10_000)


def ticks(count: int, fps: float, per_second: int) -> list[int]:
    """Durations of `count` frames in ticks of 1/per_second.

    Each is within one tick of its neighbour and the sum is right: 8 fps in hundredths alternates 12 and 13.
    """
    rate = rational(fps)
    marks = [int(place * per_second / rate + Fraction(1, 2)) for place in range(count + 1)]
    return [after - before for before, after in pairwise(marks)]


def rate_of(count: int, seconds: float, tick: float) -> float:
    """The simplest rate (frames per second) of which `count` frames last `seconds`, to within one tick."""
    low, high = (Fraction(count) / Fraction(max(seconds + side * tick, tick)) for side in (0.5, -0.5))
    return float(_simplest(low, high))


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of smallest denominator in [low, high], by walking the Stern-Brocot tree."""
    whole = ceil(low)
    if whole <= high:
        return Fraction(whole)
    return whole - 1 + 1 / _simplest(1 / (high - whole + 1), 1 / (low - whole + 1))
