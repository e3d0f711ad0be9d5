"""Likeness: structural similarity of frame pairs (SSIM, Wang et al. 2004, doi:10.1109/TIP.2003.819861)."""

from __future__ import annotations

from typing import Any

import numpy as np

from animorch_metrics.near import near

Array = np.ndarray[Any, Any]

_C1, _C2 = 0.01**2, 0.03**2  # the paper's constants for values of 0..1


def likeness(one: Array, other: Array) -> Array:
    """Of each pair of luma pictures (N, h, w) in 0..1: (N,), -1..1, 1 is equal.

    The paper's formula with its uniform window (7 x 7) in place of the Gaussian one.
    """
    mean, mean_other = near(one), near(other)
    spread, spread_other = near(one * one) - mean**2, near(other * other) - mean_other**2
    shared = near(one * other) - mean * mean_other
    level = (2 * mean * mean_other + _C1) / (mean**2 + mean_other**2 + _C1)
    form = (2 * shared + _C2) / (spread + spread_other + _C2)
    return np.asarray(np.clip((level * form).mean(axis=(1, 2)), -1, 1))
