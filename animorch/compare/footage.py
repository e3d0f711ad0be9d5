"""Footage: a cell's frames, scaled to the cell and ready to be pasted."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from animorch.clip import Clip
from animorch.compare.cell import Cell
from animorch.compare.layout import SMALL, Box, fitted
from animorch.compare.panel import held, wrong_clip
from animorch.compare.style import CELL
from animorch.media import decode

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image


@dataclass(frozen=True, eq=False)
class Footage:
    """Scaled frames, uint8 of shape (T + 1, h, w, 3): the last is the one shown after the end."""

    frames: np.ndarray[Any, Any]
    fps: float

    def at(self, seconds: float) -> np.ndarray[Any, Any]:
        """The frame at a time; after the end the last one, marked as held."""
        place = int(seconds * self.fps + 1e-6)
        picture: np.ndarray[Any, Any] = self.frames[min(place, len(self.frames) - 1)]
        return picture


def load(cell: Cell, size: tuple[int, int], thumb: tuple[int, int]) -> tuple[Footage, list[Image]]:
    """A cell's footage at `size` (width, height), and its first, middle and last frame at `thumb`.

    The full-size clip is let go at once, and the scaled frames lie in a temporary file, so a page of
    many long clips costs disk, not memory. Raises MediaError when the clip cannot be decoded.
    """
    assert cell.path is not None
    clip = decode(cell.path)
    stills = [
        _picture(clip, place, thumb, cell.wrong) for place in sorted({0, len(clip) // 2, len(clip) - 1})
    ]
    return Footage(_scaled(clip, size, cell.wrong), cell.fps), stills


def _scaled(clip: Clip, size: tuple[int, int], wrong: bool) -> np.ndarray[Any, Any]:
    import numpy as np

    with tempfile.TemporaryFile() as file:
        kept = np.memmap(file, np.uint8, "w+", shape=(len(clip) + 1, size[1], size[0], 3))
    for place in range(len(clip)):
        picture = _picture(clip, place, size, wrong)
        kept[place] = np.asarray(picture)
    held(picture)
    kept[-1] = np.asarray(picture)
    return kept


def _picture(clip: Clip, place: int, size: tuple[int, int], wrong: bool) -> Image:
    """One frame letterboxed into `size`; a tiny one is enlarged smoothly, so that its shapes are read."""
    from PIL import Image

    box = fitted((clip.width, clip.height), size)
    method = _method(clip, box)
    ground = Image.new("RGB", size, CELL)
    ground.paste(Image.fromarray(clip.frames[place]).resize((box.w, box.h), method), (box.x, box.y))
    if wrong:
        wrong_clip(ground)
    return ground


def _method(clip: Clip, box: Box) -> Any:
    from PIL.Image import Resampling

    enlarged = box.w >= clip.width and max(clip.width, clip.height) < SMALL
    return Resampling.BICUBIC if enlarged else Resampling.LANCZOS  # Lanczos would ring around flat shapes
