"""Interpolator: what all interpolations share, counting and weaving; each says only what lies between."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from pydantic import Field

from animorch import Clip, PostStep

if TYPE_CHECKING:
    import numpy as np

    Frames = np.ndarray[Any, Any]


class Interpolator(PostStep):
    """T frames become (T - 1) x factor + 1, or T x factor when the last leads back to the first.

    The frames given are kept bit by bit, at every factor-th place. fps becomes fps x factor / slow_motion,
    so an interpolated clip lasts about slow_motion times as long.
    """

    factor: int = Field(2, ge=1, le=64, description="Steps from one frame to the next; 1 adds none.")
    slow_motion: float = Field(
        1.0, gt=0, le=64, description="How much slower it plays: fps becomes fps x factor / slow_motion."
    )
    closed_loop: bool = Field(False, description="Also fill the gap from the last frame to the first.")

    def apply(self, clip: Clip) -> Clip:
        """The clip with frames in every gap; raises BackendError or MediaError when they cannot be made."""
        import numpy as np

        fps = clip.fps * self.factor / self.slow_motion
        ends = np.concatenate([clip.frames, clip.frames[:1]]) if self.closed_loop else clip.frames
        if self.factor == 1 or len(ends) == 1:
            return Clip(clip.frames.copy(), fps)
        woven = np.empty(((len(ends) - 1) * self.factor + 1, *ends.shape[1:]), np.uint8)
        woven[:: self.factor] = ends
        gaps = self.between(ends)
        for step in range(1, self.factor):
            woven[step :: self.factor] = gaps[:, step - 1]
        return Clip(woven[:-1] if self.closed_loop else woven, fps)

    @abstractmethod
    def between(self, ends: Frames) -> Frames:
        """uint8 (N - 1, factor - 1, H, W, 3) for frames (N, H, W, 3), N >= 2.

        Of gap i the k-th picture (from 0) is at time (k + 1) / factor between ends[i] and ends[i + 1].
        """
