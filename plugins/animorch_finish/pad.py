"""pad: room around every frame."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, field_validator

from animorch import BackendError, Clip, PostStep
from animorch_finish.corner import Corner, place


class Pad(PostStep):
    """The frame in a room of width x height pixels; null keeps that side."""

    name: ClassVar[str] = "pad"

    width: int | None = Field(None, ge=1, description="Pixels.")
    height: int | None = Field(None, ge=1, description="Pixels.")
    at: Corner = Field("centre", description="Where in the room the frame is.")
    colour: str = Field("black", description="A name, #rrggbb, or `edge` to repeat the rim.")

    @field_validator("colour")
    @classmethod
    def _is_colour(cls, colour: str) -> str:
        if colour != "edge":
            from PIL import ImageColor

            ImageColor.getrgb(colour)
        return colour

    def apply(self, clip: Clip) -> Clip:
        """Raises BackendError when the room is smaller than the clip."""
        import numpy as np
        from PIL import ImageColor

        width, height = self.width or clip.width, self.height or clip.height
        if width < clip.width or height < clip.height:
            raise BackendError(
                f"post.pad asks for {width}x{height} around a clip of {clip.width}x{clip.height}; "
                "make it larger, or crop first"
            )
        left, top = place(self.at, (width, height), (clip.width, clip.height))
        rims = ((0, 0), (top, height - clip.height - top), (left, width - clip.width - left), (0, 0))
        if self.colour == "edge":
            return Clip(np.pad(clip.frames, rims, mode="edge"), clip.fps)
        room = np.empty((len(clip), height, width, 3), np.uint8)
        room[:] = ImageColor.getrgb(self.colour)[:3]
        room[:, top : top + clip.height, left : left + clip.width] = clip.frames
        return Clip(room, clip.fps)
