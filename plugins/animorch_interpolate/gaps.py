"""Gaps: every gap of a clip filled one after the other, by a network that takes two pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from animorch_interpolate.halving import at_times

if TYPE_CHECKING:
    import numpy as np

    Frames = np.ndarray[Any, Any]

At = Callable[[Any, Any, float], Any]  # two pictures and a time in (0, 1) to a picture


def filled(
    ends: Iterable[Any], factor: int, at: At, *, any_time: bool, shown: Callable[[Any], Frames]
) -> Frames:
    """uint8 (N - 1, factor - 1, H, W, 3): what Interpolator.between returns.

    ends: the frames, in whatever form `at` takes them. any_time: whether `at` knows other times than 1/2.
    shown: turns what `at` returns into uint8 (H, W, 3).
    """
    import numpy as np

    times = [Fraction(step, factor) for step in range(1, factor)]

    def gap(first: Any, last: Any) -> list[Frames]:
        if any_time:
            return [shown(at(first, last, float(time))) for time in times]
        return [shown(made) for made in at_times(first, last, times, lambda a, b: at(a, b, 0.5))]

    return np.stack([np.stack(gap(first, last)) for first, last in pairwise(ends)])
