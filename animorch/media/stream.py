"""Stream: frames that come one at a time, for films too long to hold in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from animorch.clip import Clip
from animorch.errors import MediaError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, eq=False)
class Stream:
    """`count` frames, each a uint8 array of shape (height, width, 3), shown at `fps` a second."""

    frames: Iterable[np.ndarray[Any, Any]]
    count: int
    width: int
    height: int
    fps: float

    @classmethod
    def of(cls, clip: Clip) -> Stream:
        """A clip's frames."""
        return cls(clip.frames, len(clip), clip.width, clip.height, clip.fps)

    def __iter__(self) -> Iterator[np.ndarray[Any, Any]]:
        """The frames; raises MediaError when one has another shape, or their number is not `count`."""
        seen = 0
        for frame in self.frames:
            if frame.shape != (self.height, self.width, 3) or frame.dtype != "uint8":
                raise MediaError(
                    f"frame {seen} should be uint8 of shape ({self.height}, {self.width}, 3); "
                    f"found {frame.dtype} {frame.shape}"
                )
            seen += 1
            yield frame
        if seen != self.count:
            raise MediaError(f"{self.count} frames were announced and {seen} came; announce the right number")
