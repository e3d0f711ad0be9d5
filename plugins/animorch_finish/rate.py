"""rate: the same frames at another rate."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from animorch import Clip, PostStep


class Rate(PostStep):
    """Changes how long each frame is shown, and so how long the clip lasts; no frame is added or lost."""

    name: ClassVar[str] = "rate"

    fps: float = Field(8.0, gt=0, le=240, description="Frames per second.")

    def apply(self, clip: Clip) -> Clip:
        return Clip(clip.frames.copy(), self.fps)
