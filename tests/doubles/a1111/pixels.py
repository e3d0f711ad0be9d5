"""Pixels: a picture that stands for everything that made it; one changed fact is another picture."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Frames = np.ndarray[Any, np.dtype[np.uint8]]


def painted(common: Mapping[str, Any], frames: Sequence[Any], width: int, height: int) -> Frames:
    """Frames (T, H, W, 3), uint8: one for each entry of `frames`, out of it and the common facts."""
    pictures = [_picture({"common": common, "frame": one}, width, height) for one in frames]
    return np.stack(pictures) if pictures else np.zeros((0, height, width, 3), np.uint8)


def _picture(facts: Mapping[str, Any], width: int, height: int) -> Frames:
    """4 x 4 patches of colour, spread over the picture."""
    text = json.dumps(facts, sort_keys=True, default=str)
    patches = np.frombuffer(hashlib.sha512(text.encode()).digest()[:48], np.uint8).reshape(4, 4, 3)
    rows, columns = np.arange(height) * 4 // height, np.arange(width) * 4 // width
    return patches[rows][:, columns]
