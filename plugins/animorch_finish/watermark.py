"""watermark: a picture laid over every frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, model_validator

from animorch import BackendError, Clip, PostStep, Weights
from animorch_finish.corner import Corner, place
from animorch_finish.pictures import each

if TYPE_CHECKING:
    from PIL.Image import Image


class Watermark(PostStep):
    """A picture with its own transparency, in a corner."""

    name: ClassVar[str] = "watermark"

    picture: str | None = Field(None, description="A PNG, WebP or other picture.")
    at: Corner = Field("bottom_right", description="Where.")
    share: float = Field(0.2, gt=0, le=1, description="Its width as a share of the clip's.")
    opacity: float = Field(0.7, ge=0, le=1, description="0 is invisible, 1 as the picture is.")

    @model_validator(mode="after")
    def _has_picture(self) -> Watermark:
        if self.picture is None:
            raise ValueError("watermark needs a picture; set post.watermark.picture=FILE")
        return self

    def content(self) -> str:
        return self._file().content()

    def apply(self, clip: Clip) -> Clip:
        """Raises BackendError when the picture cannot be read."""
        from PIL import Image

        mark = self._mark(max(1, round(clip.width * self.share)))
        ground = Image.new("RGBA", (clip.width, clip.height))
        margin = clip.width // 50
        ground.paste(mark, place(self.at, ground.size, mark.size, margin))
        return each(clip, lambda frame: Image.alpha_composite(frame.convert("RGBA"), ground))

    def _mark(self, width: int) -> Image:
        from PIL import Image

        try:
            with Image.open(self._file().local()) as image:
                mark = image.convert("RGBA")
        except OSError as error:
            raise BackendError(f"post.watermark.picture={self.picture} is no picture ({error})") from error
        mark = mark.resize((width, max(1, round(mark.height * width / mark.width))), Image.Resampling.LANCZOS)
        mark.putalpha(mark.getchannel("A").point(lambda value: round(value * self.opacity)))
        return mark

    def _file(self) -> Weights:
        return Weights(name="post.watermark.picture", path=self.picture)
