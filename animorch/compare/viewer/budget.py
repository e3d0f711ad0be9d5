"""Budget: the best pictures with which a page stays small enough to open and to upload."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from animorch.clip import Clip
from animorch.compare.cell import Cell
from animorch.compare.viewer.sprite import Rung, Sprite, sprite
from animorch.errors import MediaError
from animorch.media import decode

MOST = 44 * 2**20  # letters of all pictures in base64; with what is said of 1000 points under 50 MiB
EXACT = 12 * 2**20  # lossless pictures may take this much: they open at once
_BASE64 = 4 / 3
_SAMPLES = 6  # clips of which one frame is packed to choose the rung
_JOBS = 3  # clips in memory at once: decoding waits for ffmpeg, packing runs without the lock
LADDER = (
    Rung(1.0, None),
    Rung(1.0, 92),
    Rung(1.0, 80),
    *(Rung(scale, quality) for scale, quality in ((0.75, 80), (0.5, 80), (0.375, 75), (0.25, 70))),
    *(Rung(scale, quality) for scale, quality in ((0.15, 60), (0.1, 40), (0.05, 20))),
)


@dataclass(frozen=True)
class Packed:
    """A sprite for every cell, None where it has no clip that can be read, and the rung taken."""

    sprites: list[Sprite | None]
    rung: Rung

    @property
    def said(self) -> str:
        """One sentence for a person, empty when the pictures are the clips bit by bit."""
        if self.rung.quality is None:
            return ""
        size = f" at {self.rung.scale:.0%} of their size" if self.rung.scale < 1 else ""
        quality = f"(WebP quality {self.rung.quality})"
        return f"Pictures in this page are compressed {quality}{size}, to keep it small."


def pack(cells: Sequence[Cell], most: int = MOST, exact: int = EXACT) -> Packed:
    """Pack the clips of cells on the first rung that fits; a clip that cannot be read is left out."""
    clips, rungs = [cell for cell in cells if cell.path], list(LADDER)
    rung = _chosen(clips, rungs, most, exact) if clips else rungs.pop(0)
    while True:
        with ThreadPoolExecutor(_JOBS) as pool:
            sprites = list(pool.map(partial(_sprite, rung), cells))
        weight = sum(found.bytes for found in sprites if found) * _BASE64
        if weight <= (most if rung.quality else exact) or not rungs:
            return Packed(sprites, rung)
        rung = rungs.pop(0)


def _chosen(clips: Sequence[Cell], rungs: list[Rung], most: int, exact: int) -> Rung:
    """The first rung that is likely to fit; it and those above are taken off `rungs`."""
    stills = [
        found for cell in clips[:: max(len(clips) // _SAMPLES, 1)][:_SAMPLES] if (found := _still(cell))
    ]
    predict = _prediction(stills, sum(cell.frames for cell in clips))
    while len(rungs) > 1 and predict(rungs[0]) > (most if rungs[0].quality else exact):
        rungs.pop(0)
    return rungs.pop(0)


def _prediction(stills: Sequence[Clip], frames: int) -> Callable[[Rung], float]:
    """Letters that all frames take on a rung, from one frame of some clips."""
    each = frames * _BASE64 / max(len(stills), 1)
    return lambda rung: sum(sprite(still, rung).bytes for still in stills) * each


def _clip(cell: Cell) -> Clip | None:
    try:
        return decode(cell.path) if cell.path else None
    except MediaError:
        return None


def _still(cell: Cell) -> Clip | None:
    clip = _clip(cell)
    return Clip(clip.frames[len(clip) // 2 :][:1], clip.fps) if clip else None


def _sprite(rung: Rung, cell: Cell) -> Sprite | None:
    clip = _clip(cell)
    return sprite(clip, rung) if clip else None
