"""Clip: frames in memory, the one thing backends, post-steps, metrics and encoders exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from animorch.errors import MediaError

if TYPE_CHECKING:  # numpy costs 0.1 s, and `plan` never touches a frame
    import numpy as np


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames and the rate to show them at.

    frames: uint8 array of shape (T, H, W, 3), RGB, T >= 1.
    fps: frames per second, > 0. Backends may leave the default: the output's fps replaces it.

    Raises MediaError when the array is not of that kind.
    """

    frames: np.ndarray[Any, Any]
    fps: float = 8.0

    def __post_init__(self) -> None:
        shape, kind = getattr(self.frames, "shape", None), str(getattr(self.frames, "dtype", None))
        if shape is None or len(shape) != 4 or shape[-1] != 3 or 0 in shape or kind != "uint8":
            raise MediaError(
                f"a clip is a uint8 array of shape (T, H, W, 3) with T >= 1; found {kind} {shape}"
            )
        if not self.fps > 0:
            raise MediaError(f"a clip's fps is above 0; found {self.fps}")

    def __len__(self) -> int:
        return int(self.frames.shape[0])

    @property
    def width(self) -> int:
        return int(self.frames.shape[2])

    @property
    def height(self) -> int:
        return int(self.frames.shape[1])

    @property
    def seconds(self) -> float:
        return len(self) / self.fps

    def at(self, fps: float) -> Clip:
        """The same frames shown at another rate."""
        return Clip(self.frames, fps)
