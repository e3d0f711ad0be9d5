"""Clips: films and their captions, cut to the same number of frames and the same size."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from animorch import MediaError, UsageError, captions_of, decoded

Array = np.ndarray[Any, Any]
_SHOWN = 10
_SMALL = 8  # pixels a side: enough to count frames by, and cheap to hold


@dataclass(frozen=True)
class Clips:
    """A sequence of captioned clips, sorted by name, one of them in memory at a time.

    captions: a .txt with a line a clip or a .csv; null finds them. frames are taken every `stride` from
    `start`, or at `fps` frames a second, when that is given, from a film resampled to it. start "random"
    is drawn for each clip. flip mirrors one half of the clips, which suits no caption with left or right
    in it. Frames are scaled until they cover width x height (pixels), then cut to the middle.
    """

    folder: str | Path
    captions: str | Path | None = None
    frames: int = 16
    stride: int = 1
    fps: float | None = None
    start: int | Literal["random"] = 0
    width: int | None = 256
    height: int | None = 256
    flip: bool = False
    seed: int = 0
    pairs: tuple[tuple[Path, str], ...] = field(init=False, repr=False)
    lengths: tuple[int, ...] = field(init=False, repr=False)  # frames found; no further than needed

    def __post_init__(self) -> None:
        """Raises UsageError with every problem of the options, or of the folder."""
        _refuse(self._wrong_options())
        told = captions_of(self.folder, self.captions)
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:  # the work is ffmpeg's
            found = dict(zip(told.clips, pool.map(self._length, told.clips), strict=True))
        _refuse([*told.sentences(), *self._unfit(found)])
        object.__setattr__(self, "pairs", told.pairs)
        object.__setattr__(self, "lengths", tuple(int(found[clip]) for clip, _ in told.pairs))

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, number: int) -> tuple[Array, str]:
        """Frames, uint8 (T, H, W, 3), and caption of clip `number`."""
        return self.at(number)

    def at(self, number: int, epoch: int = 0) -> tuple[Array, str]:
        """The same; start and flip are a function of the seed, the epoch and the number alone."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        path, caption = self.pairs[number]
        chance = np.random.default_rng([self.seed, epoch, number])
        first = int(chance.integers(self.lengths[number] - self.span + 1))
        mirrored = self.flip and chance.random() < 0.5
        clip = decoded(
            path,
            start=first if self.start == "random" else self.start,
            count=self.frames,
            stride=self.stride,
            fps=self.fps,
            width=self.width,
            height=self.height,
        )
        if len(clip) != self.frames:
            raise MediaError(f"{path} gave {len(clip)} frames of {self.frames}; it changed meanwhile")
        return (np.ascontiguousarray(clip.frames[:, :, ::-1]) if mirrored else clip.frames), caption

    def words(self) -> list[str]:
        """Every word of the captions, for a tokenizer."""
        return sorted({word for _, caption in self.pairs for word in re.findall(r"[\w']+", caption.lower())})

    def near_still(self, variance: float = 50.0) -> list[str]:
        """Names of clips in which little moves: the pixels' mean variance over time is below `variance`."""
        return [
            path.name
            for number, (path, _) in enumerate(self.pairs)
            if float(self[number][0].var(axis=0).mean()) < variance
        ]

    @property
    def span(self) -> int:
        """Frames from a clip's first to its last, at `fps` when that is given."""
        return (self.frames - 1) * self.stride + 1

    @property
    def needed(self) -> int:
        """Frames that a film must have, at `fps` when that is given."""
        return self.span + (0 if self.start == "random" else int(self.start))

    def _wrong_options(self) -> list[str]:
        wrong = []
        if self.fps is not None and self.stride != 1:
            wrong.append(f"fps={self.fps:g} and stride={self.stride} exclude each other; leave one out")
        if self.fps is not None and not self.fps > 0:
            wrong.append(f"fps={self.fps:g} is no rate; give one above 0")
        if self.start != "random" and not (isinstance(self.start, int) and self.start >= 0):
            wrong.append(f"start={self.start} is neither a frame (0 or more) nor random")
        sizes = [name for name in ("width", "height") if getattr(self, name) is not None]
        if len(sizes) == 1:
            wrong.append(f"{sizes[0]} is given alone; give width and height, or neither")
        small = [name for name in ("frames", "stride", *sizes) if getattr(self, name) < 1]
        return wrong + [f"{name}={getattr(self, name)} is less than 1" for name in small]

    def _length(self, path: Path) -> int | str:
        """Frames found, no further than needed unless the start is random; or why it cannot be read."""
        count = None if self.start == "random" else self.needed
        try:
            return len(decoded(path, count=count, fps=self.fps, width=_SMALL, height=_SMALL))
        except MediaError as error:
            return str(error)

    def _unfit(self, found: dict[Path, int | str]) -> list[str]:
        wrong = [said for said in found.values() if isinstance(said, str)]
        more = [f"{len(wrong) - _SHOWN} more clips could not be read"] if len(wrong) > _SHOWN else []
        short = [
            f"{clip.name} ({length})"
            for clip, length in found.items()
            if isinstance(length, int) and length < self.needed
        ]
        if not short:
            return [*wrong[:_SHOWN], *more]
        rest = f" and {len(short) - _SHOWN} more" if len(short) > _SHOWN else ""
        rate = f" at fps={self.fps:g}" if self.fps is not None else ""
        said = (
            f"too short: {', '.join(short[:_SHOWN])}{rest}; frames={self.frames}, stride={self.stride} and "
            f"start={self.start} need {self.needed} frames{rate}; lower them or take longer clips"
        )
        return [*wrong[:_SHOWN], *more, said]


def _refuse(problems: list[str]) -> None:
    if problems:
        raise UsageError("\n  ".join(["the clips cannot be trained on:", *problems]))
