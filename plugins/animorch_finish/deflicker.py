"""deflicker: brightness that changes from frame to frame made even."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from animorch import Clip, PostStep, filtered


class Deflicker(PostStep):
    """Each frame's luminance is scaled to the mean of its neighbours (ffmpeg-filters, "deflicker")."""

    name: ClassVar[str] = "deflicker"

    size: int = Field(5, ge=2, le=129, description="Frames that the mean is over.")
    mean: Literal["am", "gm", "hm", "median"] = Field("am", description="Arithmetic, geometric, harmonic …")

    def apply(self, clip: Clip) -> Clip:
        """Raises MediaError when ffmpeg has no such filter."""
        size = min(self.size, len(clip))
        if size < 2:
            return Clip(clip.frames.copy(), clip.fps)
        return filtered(clip, f"format=yuv444p,deflicker=size={size}:mode={self.mean}").at(clip.fps)
