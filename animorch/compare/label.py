"""Labels: text wrapped into a box, with an ellipsis where it does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from animorch.compare.layout import Box
from animorch.compare.letters import legible, put, width_in
from animorch.compare.style import Colour

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Align = Literal["left", "centre", "right"]


def line_height(size: int) -> int:
    """Pixels from one line to the next."""
    return round(size * 1.3)


def width_of(text: str, size: int) -> int:
    """Pixels that one line takes."""
    return width_in(text, size)


def wrapped(text: str, size: int, width: int, lines: int) -> list[str]:
    """At most `lines` lines no wider than `width` pixels; the last ends in … when some text is left."""
    left, done = legible(text), list[str]()
    while left and len(done) < lines:
        line = _head(left, size, width)
        left = left[len(line) :].lstrip()
        done.append(line.rstrip())
    if left and done:
        done[-1] = _shortened(done[-1], size, width)
    return done


def _head(text: str, size: int, width: int) -> str:
    """The words that fit in one line, or the letters when not even one word does."""
    fits = _fitting(text, size, width)
    if fits == len(text):
        return text
    broken = max(text.rfind(" ", 0, fits + 1), *(text.rfind(mark, 0, fits) + 1 for mark in ",;/_-"))
    return text[: broken if broken > fits // 3 else max(fits, 1)]


def _fitting(text: str, size: int, width: int) -> int:
    """How many letters fit, by halving."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if width_of(text[:middle], size) <= width else (low, middle - 1)
    return low


def _shortened(line: str, size: int, width: int) -> str:
    while line and width_of(line + "…", size) > width:
        line = line[:-1]
    return line.rstrip() + "…"


def write(draw: ImageDraw, box: Box, text: str, size: int, colour: Colour, align: Align = "left") -> None:
    """Write into a box, centred from top to bottom."""
    step = line_height(size)
    lines = wrapped(text, size, box.w, max(box.h // step, 1))
    y = box.y + (box.h - step * len(lines)) / 2 + step / 2
    anchor, x = {"left": ("lm", box.x), "centre": ("mm", box.x + box.w / 2), "right": ("rm", box.x + box.w)}[
        align
    ]
    for place, line in enumerate(lines):
        put(draw, (x, y + place * step), line, colour, size, anchor)
