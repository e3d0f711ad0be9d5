"""Halving: any time between two frames from a network that only knows the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TypeVar

Picture = TypeVar("Picture")
NEAR = Fraction(1, 32)  # of a gap: times are met to half of it; thirds take five calls, halves are exact


def at_times(
    first: Picture, last: Picture, times: Iterable[Fraction], middle: Callable[[Picture, Picture], Picture]
) -> list[Picture]:
    """Pictures at times in (0, 1), by halving the interval around each until it is met.

    Middles are made once and shared. As the authors of RIFE do for other ratios (inference_img.py).
    """
    known: dict[Fraction, Picture] = {Fraction(0): first, Fraction(1): last}
    return [known[_met(known, time, middle)] for time in times]


def _met(
    known: dict[Fraction, Picture], time: Fraction, middle: Callable[[Picture, Picture], Picture]
) -> Fraction:
    low, high = Fraction(0), Fraction(1)
    while True:
        half = (low + high) / 2
        if half not in known:
            known[half] = middle(known[low], known[high])
        if abs(half - time) <= NEAR / 2:
            return half
        low, high = (half, high) if half < time else (low, half)
