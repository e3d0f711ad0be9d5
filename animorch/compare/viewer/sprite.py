"""Sprite: a clip's frames tiled on WebP sheets, from which a page draws any frame at once.

Not <video>: each starts at its own moment and keeps its own time. Frames that
are decoded once and drawn by one clock cannot fall apart, and are exact where the sheet is lossless.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from typing import TYPE_CHECKING, Any

from animorch.clip import Clip

if TYPE_CHECKING:
    import numpy as np

SIDE = 2048  # pixels of a sheet's sides, unless one frame is larger: every browser decodes that
_SMALLEST = 48  # pixels to which the longer side of a frame is shrunk at most
_EFFORT = 3  # of libwebp's 0 to 6; more costs twice the time for some percent


@dataclass(frozen=True)
class Rung:
    """How pictures are packed: their size against the clip's, and libwebp's quality (None: lossless)."""

    scale: float
    quality: int | None

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Pixels of a packed frame."""
        scale = max(self.scale, min(_SMALLEST / max(width, height), 1.0))
        return max(round(width * scale), 1), max(round(height * scale), 1)


@dataclass(frozen=True)
class Sprite:
    """Sheets of `columns` × `rows` frames each, row by row; the last may be shorter. Pixels of a frame."""

    width: int
    height: int
    columns: int
    rows: int
    sheets: tuple[bytes, ...]

    @property
    def bytes(self) -> int:
        return sum(map(len, self.sheets))


def sprite(clip: Clip, rung: Rung) -> Sprite:
    """Pack a clip."""
    width, height = rung.size(clip.width, clip.height)
    columns = max(min(SIDE // width, len(clip)), 1)
    rows = max(min(SIDE // height, ceil(len(clip) / columns)), 1)
    frames = _scaled(clip, width, height)
    sheets = tuple(_packed(sheet, rung.quality) for sheet in _tiled(frames, columns, rows))
    return Sprite(width, height, columns, rows, sheets)


def _scaled(clip: Clip, width: int, height: int) -> np.ndarray[Any, Any]:
    import numpy as np
    from PIL import Image

    if (width, height) == (clip.width, clip.height):
        return clip.frames
    method = Image.Resampling.LANCZOS
    return np.stack([np.asarray(Image.fromarray(f).resize((width, height), method)) for f in clip.frames])


def _tiled(frames: np.ndarray[Any, Any], columns: int, rows: int) -> Iterator[np.ndarray[Any, Any]]:
    """Sheets, uint8 of shape (rows × h, columns × w, 3); empty places are black."""
    import numpy as np

    height, width = frames.shape[1:3]
    for start in range(0, len(frames), columns * rows):
        part = frames[start : start + columns * rows]
        down = ceil(len(part) / columns)
        full = np.zeros((down * columns, height, width, 3), np.uint8)
        full[: len(part)] = part
        grid = full.reshape(down, columns, height, width, 3).transpose(0, 2, 1, 3, 4)
        yield np.ascontiguousarray(grid.reshape(down * height, columns * width, 3))


def _packed(sheet: np.ndarray[Any, Any], quality: int | None) -> bytes:
    from PIL import Image

    held, picture = BytesIO(), Image.fromarray(sheet)
    if quality is None:
        picture.save(held, "webp", lossless=True, quality=50, method=_EFFORT)
    else:
        picture.save(held, "webp", quality=quality, method=_EFFORT)
    return held.getvalue()
