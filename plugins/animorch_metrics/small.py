"""Small: a clip's frames reduced by box averages, which is enough to see motion and costs little."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from animorch import Clip

Array = np.ndarray[Any, Any]


def small(clip: Clip, short: int, mode: str) -> Array:
    """Frames whose short side is at most `short` pixels: float32, 0..1.

    mode "L": (T, h, w), Rec. 601 luma of the gamma-coded RGB. mode "RGB": (T, h, w, 3).
    """
    scale = min(1.0, short / min(clip.width, clip.height))
    size = max(1, round(clip.width * scale)), max(1, round(clip.height * scale))
    frames = (Image.fromarray(frame).convert(mode) for frame in clip.frames)
    reduced = [np.asarray(frame.resize(size, Image.Resampling.BOX)) for frame in frames]
    return np.stack(reduced).astype(np.float32) / 255
