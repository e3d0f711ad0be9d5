"""Flow: dense optical flow by pyramidal, iterated Lucas-Kanade in numpy, all frame pairs at once.

A pixel's displacement is the one that best explains its neighbourhood's change of brightness, found
from coarse to fine. Where a neighbourhood is flat the coarser estimate stays. The search starts from
the whole picture's shift, so a pan is followed up to a quarter of the short side; what moves on its own
is followed up to about a tenth, and comes out too small when faster.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from animorch_metrics.near import near

Array = np.ndarray[Any, Any]

_COARSEST = 10  # pixels of the short side at the top of the pyramid
_ROUNDS = 3  # refinements at each level
_FARTHEST = 0.3  # of the short side: a larger shift of the whole picture is taken for a chance likeness
_CALM = 2e-4  # gradient energy (brightness 0..1 a pixel, squared) under which a place counts as flat


def flow(luma: Array) -> Array:
    """Displacement from each frame to the next: (T-1, 2, h, w) float32, pixels, x then y.

    luma: (T, h, w) float32 in 0..1.
    """
    levels = [luma]
    while min(levels[-1].shape[1:]) >= 2 * _COARSEST:
        levels.append(_halved(levels[-1]))
    shift = _shift(luma[:-1], luma[1:]) / 2 ** (len(levels) - 1)
    found = np.broadcast_to(shift[:, :, None, None], (*shift.shape, *levels[-1].shape[1:]))
    for level in reversed(levels):
        found = _refined(level[:-1], level[1:], _grown(found, level.shape[1:]))
    return found


def _shift(now: Array, then: Array) -> Array:
    """The shift (N, 2: x, y) of the whole picture by phase correlation; 0 where that explains no more."""
    count, height, width = now.shape
    fade = np.hanning(height + 2)[1:-1, None] * np.hanning(width + 2)[1:-1]
    here, there = (
        np.fft.rfft2((part - part.mean(axis=(1, 2), keepdims=True)) * fade) for part in (now, then)
    )
    cross = there * here.conj()
    peaks = np.fft.irfft2(cross / (np.abs(cross) + 1e-6), s=(height, width))
    y, x = np.divmod(peaks.reshape(count, height * width).argmax(axis=1), width)
    y, x = np.where(y > height // 2, y - height, y), np.where(x > width // 2, x - width, x)
    shift = np.stack([x, y], 1).astype(np.float32)
    moved = np.broadcast_to(shift[:, :, None, None], (count, 2, height, width))
    within = np.hypot(x, y) <= _FARTHEST * min(height, width)
    better = within & (_unlike(now, then, moved) < 0.9 * _unlike(now, then, 0 * moved))
    return np.where(better[:, None], shift, 0)


def warped(frames: Array, moved: Array) -> Array:
    """Frames (N, h, w) looked up at each pixel plus its displacement (N, 2, h, w), bilinear."""
    count, height, width = frames.shape
    x = np.clip(moved[:, 0] + np.arange(width, dtype=np.float32), 0, width - 1)
    y = np.clip(moved[:, 1] + np.arange(height, dtype=np.float32)[:, None], 0, height - 1)
    left = np.minimum(x.astype(np.int32), max(width - 2, 0))
    top = np.minimum(y.astype(np.int32), max(height - 2, 0))
    at = (np.arange(count, dtype=np.int32)[:, None, None] * height + top) * width + left
    flat, right, down = frames.ravel(), int(width > 1), width * int(height > 1)
    fx, fy = x - left, y - top
    upper = flat[at] * (1 - fx) + flat[at + right] * fx
    lower = flat[at + down] * (1 - fx) + flat[at + down + right] * fx
    return np.asarray(upper * (1 - fy) + lower * fy)


def inside(moved: Array) -> Array:
    """Where the displacement (N, 2, h, w) stays inside the picture: (N, h, w) bool."""
    height, width = moved.shape[2:]
    x = moved[:, 0] + np.arange(width, dtype=np.float32)
    y = moved[:, 1] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1))


def _refined(now: Array, then: Array, found: Array) -> Array:
    """A few Gauss-Newton rounds of Lucas-Kanade on one level.

    Means over the neighbourhood are taken out, so that a place that grows brighter does not seem to move.
    """
    gx, gy = _slope(now, 2), _slope(now, 1)
    mx, my = near(gx), near(gy)
    xx, yy = near(gx * gx) - mx * mx + _CALM, near(gy * gy) - my * my + _CALM
    xy = near(gx * gy) - mx * my
    spread = xx * yy - xy * xy
    for _ in range(_ROUNDS):
        change = np.where(inside(found), warped(then, found) - now, 0)
        lift = near(change)
        bx, by = near(gx * change) - mx * lift, near(gy * change) - my * lift
        step = np.stack([(xy * by - yy * bx) / spread, (xy * bx - xx * by) / spread], 1)
        found = found + np.clip(step, -2, 2)
    return near(found)


def _slope(frames: Array, axis: int) -> Array:
    if frames.shape[axis] < 2:
        return np.zeros_like(frames)
    return np.asarray(np.gradient(frames, axis=axis))


def _halved(frames: Array) -> Array:
    """Half the size by means of 2 x 2; an odd last row or column is left out."""
    height, width = (side // 2 * 2 for side in frames.shape[1:])
    even = frames[:, :height, :width]
    return np.asarray((even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) / 4)


def _grown(found: Array, shape: tuple[int, ...]) -> Array:
    """Displacements of a level brought to the next finer one: repeated in place, doubled in length."""
    if found.shape[2:] == shape:
        return found
    rows = np.minimum(np.arange(shape[0]) // 2, found.shape[2] - 1)
    columns = np.minimum(np.arange(shape[1]) // 2, found.shape[3] - 1)
    return found[:, :, rows][:, :, :, columns] * 2


def residual(luma: Array, moved: Array) -> Array:
    """Mean absolute difference of each frame and its successor brought back along the flow: (T-1,)."""
    return _unlike(luma[:-1], luma[1:], moved)


def _unlike(now: Array, then: Array, moved: Array) -> Array:
    seen = inside(moved)
    differing = np.abs(warped(then, moved) - now) * seen
    return np.asarray(differing.sum(axis=(1, 2)) / np.maximum(seen.sum(axis=(1, 2)), 1))
