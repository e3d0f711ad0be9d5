"""resize: every frame at another size."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from animorch import Clip, PostStep
from animorch_finish.pictures import each

Sampling = Literal["nearest", "bilinear", "bicubic", "lanczos"]


class Resize(PostStep):
    """To width x height pixels; when one is null it follows from the clip's shape."""

    name: ClassVar[str] = "resize"

    width: int | None = Field(None, ge=1, description="Pixels.")
    height: int | None = Field(None, ge=1, description="Pixels.")
    fit: Literal["stretch", "crop", "pad"] = Field(
        "stretch", description="When the shape differs: stretch it, cut what is over, or add black."
    )
    sampling: Sampling = Field("lanczos", description="nearest keeps pixels square.")

    def apply(self, clip: Clip) -> Clip:
        from PIL import Image, ImageOps

        how = Image.Resampling[self.sampling.upper()]
        size = self.size(clip)
        if self.fit == "crop":
            return each(clip, lambda frame: ImageOps.fit(frame, size, how))
        if self.fit == "pad":
            return each(clip, lambda frame: ImageOps.pad(frame, size, how))
        return each(clip, lambda frame: frame.resize(size, how))

    def size(self, clip: Clip) -> tuple[int, int]:
        """Width and height that come out for a clip."""
        width, height = self.width, self.height
        if width is None and height is None:
            return clip.width, clip.height
        if width is None:
            width = max(1, round(clip.width * (height or 1) / clip.height))
        return width, height or max(1, round(clip.height * width / clip.width))
