"""Near: the mean over each pixel's neighbourhood, 7 x 7."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_REACH = 3  # pixels from the middle of a neighbourhood to its edge


def near(values: Array) -> Array:
    """Means over the neighbourhoods along the last two axes, float32; at an edge the edge is repeated."""
    for axis in (-2, -1):
        pad = [(0, 0)] * values.ndim
        pad[axis] = (_REACH + 1, _REACH)
        sums = np.cumsum(np.pad(values, pad, mode="edge"), axis=axis, dtype=np.float64)
        ahead, behind = [slice(None)] * values.ndim, [slice(None)] * values.ndim
        ahead[axis], behind[axis] = slice(2 * _REACH + 1, None), slice(None, -2 * _REACH - 1)
        values = ((sums[tuple(ahead)] - sums[tuple(behind)]) / (2 * _REACH + 1)).astype(np.float32)
    return values
