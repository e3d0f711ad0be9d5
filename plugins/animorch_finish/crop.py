"""crop: a part of every frame."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from animorch import BackendError, Clip, PostStep
from animorch_finish.corner import Corner, place


class Crop(PostStep):
    """A part of width x height pixels, held at a corner or the centre; null keeps that side."""

    name: ClassVar[str] = "crop"

    width: int | None = Field(None, ge=1, description="Pixels.")
    height: int | None = Field(None, ge=1, description="Pixels.")
    at: Corner = Field("centre", description="Which part of the frame is kept.")

    def apply(self, clip: Clip) -> Clip:
        """Raises BackendError when the part is larger than the clip."""
        width, height = self.width or clip.width, self.height or clip.height
        if width > clip.width or height > clip.height:
            raise BackendError(
                f"post.crop asks for {width}x{height} of a clip of {clip.width}x{clip.height}; "
                "make it smaller, or pad first"
            )
        left, top = place(self.at, (clip.width, clip.height), (width, height))
        return Clip(clip.frames[:, top : top + height, left : left + width].copy(), clip.fps)
