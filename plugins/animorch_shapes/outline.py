"""Outline: signed distances to the shapes' edges, negative inside, for shapes of radius 1."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin, sqrt
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Distance = Callable[[Array, Array], Array]

_RIM = 0.52  # inner radius of the ring
_ARM = 0.30  # half width of the cross's arms
_WAIST = 0.42  # radius of the star's inner corners


def circle(x: Array, y: Array) -> Array:
    return np.asarray(np.hypot(x, y) - 0.92)


def ring(x: Array, y: Array) -> Array:
    middle, half = (1 + _RIM) / 2, (1 - _RIM) / 2
    return np.asarray(np.abs(np.hypot(x, y) - middle) - half)


def square(x: Array, y: Array) -> Array:
    return np.asarray(np.maximum(np.abs(x), np.abs(y)) - 0.78)


def cross(x: Array, y: Array) -> Array:
    wide, tall = np.abs(x), np.abs(y)
    upright = np.maximum(wide - _ARM, tall - 0.97)
    lying = np.maximum(wide - 0.97, tall - _ARM)
    return np.asarray(np.minimum(upright, lying))


def triangle(x: Array, y: Array) -> Array:
    """Equilateral, one corner up: three half planes."""
    slope = np.abs(x) * (sqrt(3) / 2) - y * 0.5
    return np.asarray(np.maximum(slope, y) - 0.5)


def star(x: Array, y: Array) -> Array:
    """Five points, one up: folded onto one edge by mirrors, then the distance to that edge's line."""
    x, y = np.abs(x), -y
    for across in (cos(pi / 5), -cos(pi / 5)):
        beyond = 2 * np.maximum(x * across - y * sin(pi / 5), 0)
        x, y = x - beyond * across, y + beyond * sin(pi / 5)
    x = np.abs(x)
    corner = _WAIST * sin(pi / 5), _WAIST * cos(pi / 5)
    along = corner[0], corner[1] - 1
    length = sqrt(along[0] ** 2 + along[1] ** 2)
    return np.asarray((x * -along[1] + (y - 1) * along[0]) / length)


OUTLINES: dict[str, Distance] = {
    "circle": circle,
    "square": square,
    "triangle": triangle,
    "star": star,
    "cross": cross,
    "ring": ring,
}
