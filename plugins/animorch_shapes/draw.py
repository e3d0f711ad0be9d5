"""Draw: a scene's frames, anti-aliased by the distance to the outline."""

from __future__ import annotations

from typing import Any

import numpy as np

from animorch_shapes.outline import OUTLINES
from animorch_shapes.scene import Scene

Array = np.ndarray[Any, Any]


def draw(scene: Scene, size: int = 64) -> Array:
    """Every frame: uint8 (T, size, size, 3), RGB."""
    cover = coverage(scene, size)[..., None]
    behind, front = (np.asarray(colour, np.float32) for colour in (scene.backdrop, scene.paint))
    return np.asarray((behind + cover * (front - behind) + 0.5).astype(np.uint8))


def coverage(scene: Scene, size: int = 64) -> Array:
    """How much of each pixel the shape covers: float32 (T, size, size), 0..1."""
    x, y = _local(scene, size)
    distance = OUTLINES[scene.words.shape](x, y) * np.asarray(scene.radius * size, np.float32)[:, None, None]
    return np.asarray(np.clip(0.5 - distance, 0, 1), np.float32)


def _local(scene: Scene, size: int) -> tuple[Array, Array]:
    """Each pixel's place in the shape's own frame: radius 1, turned back; two of (T, size, size)."""
    middle = (np.arange(size, dtype=np.float32) + 0.5) / size
    left, top, radius, turn = (
        np.asarray(part, np.float32)[:, None] for part in (scene.x, scene.y, scene.radius, scene.turn)
    )
    x, y = (middle - left) / radius, (middle - top) / radius
    cosine, sine = np.cos(turn), np.sin(turn)
    across = (x * cosine)[:, None, :] + (y * sine)[:, :, None]
    down = (y * cosine)[:, :, None] - (x * sine)[:, None, :]
    return across, down
