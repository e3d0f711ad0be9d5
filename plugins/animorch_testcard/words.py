"""Words: the prompt, the motion module, the frame's number and how far the clip has gone."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from animorch import RenderSpec
from animorch_testcard.look import Look

_LEAST = 48  # pixels of the short side under which letters would only be dirt

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=8)
def _font(pixels: int) -> Font:
    return ImageFont.load_default(pixels)


def write(picture: Image.Image, spec: RenderSpec, look: Look, prompt: str, frame: int) -> None:
    """Write on the picture itself."""
    short, brush = min(spec.width, spec.height), ImageDraw.Draw(picture)
    ink: tuple[int, ...] = tuple(round(part) for part in look.ink)
    _gone(brush, spec, ink, frame)
    if short < _LEAST:
        return
    font, small = _font(max(7, round(0.042 * short))), _font(max(7, round(0.035 * short)))
    edge = max(2, round(0.025 * short))
    low, high = spec.height - round(0.052 * short), round(0.125 * short)
    middle = spec.width // 2
    brush.text((middle, low), _fit(brush, prompt, small, spec.width - 2 * edge), ink, small, anchor="ms")
    brush.text((edge, high), _fit(brush, spec.motion.name, font, 0.4 * spec.width), ink, font, anchor="ls")
    if short >= 2 * _LEAST:
        count = f"{frame + 1:02d}/{spec.frames:02d}"
        brush.text((spec.width - edge, high), count, ink, font, anchor="rs")


def _gone(brush: ImageDraw.ImageDraw, spec: RenderSpec, ink: tuple[int, ...], frame: int) -> None:
    """A line over the wedge that grows to the right edge at the last frame."""
    short = min(spec.width, spec.height)
    y, tall = spec.height - max(1, round(0.04 * short)), max(1, round(short / 128))
    brush.rectangle((0, y - tall, spec.width * (frame + 1) / spec.frames, y - 1), fill=ink)


def _fit(brush: ImageDraw.ImageDraw, text: str, font: Font, room: float) -> str:
    """The text on one line, its end left out where it has no room."""
    text = " ".join(text.split())
    if brush.textlength(text, font) <= room:
        return text
    while text and brush.textlength(text + "…", font) > room:
        text = text[: -max(1, len(text) // 12)]
    return text.rstrip(" ,;") + "…"
