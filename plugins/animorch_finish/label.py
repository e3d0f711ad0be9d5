"""label: words on every frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, field_validator

from animorch import BackendError, Clip, PostStep
from animorch_finish.corner import Corner, place
from animorch_finish.pictures import each

if TYPE_CHECKING:
    from PIL.Image import Image


class Label(PostStep):
    """A line or several, on a half-dark plate, in the letters that the grid uses.

    {frame} is the frame's number from 1, {frames} their count, {seconds} the time; text that no font here
    has is drawn as boxes, so give a `font` of its own then.
    """

    name: ClassVar[str] = "label"

    text: str = Field("animorch", min_length=1, description="What to write; {frame}, {frames}, {seconds}.")
    at: Corner = Field("bottom_left", description="Where.")
    size: int = Field(16, ge=6, le=400, description="Height of the letters, in pixels.")
    colour: str = Field("white", description="A name or #rrggbb.")
    plate: float = Field(0.5, ge=0, le=1, description="How dark the plate behind the words is.")
    font: str | None = Field(None, description="A TrueType file; null takes the grid's letters.")

    @field_validator("text")
    @classmethod
    def _can_be_filled(cls, text: str) -> str:
        try:
            text.format(frame=1, frames=1, seconds="0.00")
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(
                f"text={text!r} has a brace that is none of {{frame}}, {{frames}}, {{seconds}} ({error}); "
                "write a brace that is meant as {{ or }}"
            ) from error
        return text

    def apply(self, clip: Clip) -> Clip:
        """Raises BackendError when `font` cannot be read."""
        letters = self._letters()
        number = iter(range(len(clip)))

        def labelled(frame: Image) -> Image:
            at = next(number)
            words = self.text.format(frame=at + 1, frames=len(clip), seconds=f"{at / clip.fps:.2f}")
            return self._drawn(frame, words, letters)

        return each(clip, labelled)

    def _letters(self) -> Any:
        if self.font is None:
            from animorch import font

            return font(self.size, self.text)
        from PIL import ImageFont

        try:
            return ImageFont.truetype(self.font, self.size)
        except OSError as error:
            raise BackendError(f"post.label.font={self.font} is no font ({error}); check the path") from error

    def _drawn(self, frame: Image, words: str, letters: Any) -> Image:
        from PIL import Image, ImageDraw

        gap = max(2, self.size // 3)
        left, top, right, bottom = ImageDraw.Draw(frame).multiline_textbbox((0, 0), words, letters)
        size = round(right - left) + 2 * gap, round(bottom - top) + 2 * gap
        x, y = place(self.at, frame.size, size, margin=gap)
        plate = Image.new("RGBA", size, (0, 0, 0, round(255 * self.plate)))
        ImageDraw.Draw(plate).multiline_text((gap - left, gap - top), words, self.colour, letters)
        frame = frame.convert("RGBA")
        ground = Image.new("RGBA", frame.size)
        ground.paste(plate, (x, y))
        return Image.alpha_composite(frame, ground)
