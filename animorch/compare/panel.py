"""Panels: what stands in a cell that has no clip, and the marks on one that has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from animorch.compare.label import line_height, width_of, wrapped
from animorch.compare.layout import Box
from animorch.compare.letters import put
from animorch.compare.style import ALARM, CELL, PAPER, TEXT, TONES, Colour

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw


def panel(draw: ImageDraw, box: Box, state: str, reason: str) -> None:
    """A muted ground in the state's colour, the state as heading, the reason below as far as it fits."""
    ground, heading = TONES[state]
    draw.rectangle(box.corners, ground)
    draw.rectangle((box.x, box.y, box.x + 2, box.y + box.h - 1), heading)
    roomy = min(box.w, box.h) >= 160
    size, small, pad = (15, 13, 14) if roomy else (13, 12, 8)
    put(draw, (box.x + pad, box.y + pad), state, heading, size, "la")
    below = box.y + pad + line_height(size) + 3
    room = (box.y + box.h - pad // 2 - below) // line_height(small)
    for place, line in enumerate(wrapped(reason, small, box.w - 2 * pad, max(room, 0))):
        at = box.x + pad, below + place * line_height(small)
        put(draw, at, line, _soft(heading), small, "la")


def _soft(colour: Colour) -> Colour:
    """The colour half way to the text's."""
    red, green, blue = ((one + two) // 2 for one, two in zip(colour, TEXT, strict=True))
    return red, green, blue


def empty(draw: ImageDraw, box: Box) -> None:
    """A place in the table for which the plan has no point."""
    draw.rectangle(box.corners, outline=CELL)


def alarm_frame(draw: ImageDraw, box: Box) -> None:
    """A red frame around a cell, in the gap outside it."""
    left, top, right, bottom = box.corners
    draw.rectangle((left - 3, top - 3, right + 3, bottom + 3), outline=ALARM, width=3)


def wrong_clip(image: Image) -> None:
    """The words that go with the red frame, in the picture's corner."""
    from PIL import ImageDraw

    draw, size = ImageDraw.Draw(image), 13 if image.width >= 110 else 11
    right = min(width_of("wrong clip", size) + 13, image.width) - 1
    draw.rectangle((0, 0, right, line_height(size) + 6), ALARM)
    put(draw, (6, line_height(size) / 2 + 3), "wrong clip", (255, 255, 255), size, "lm")


def held(image: Image) -> None:
    """Two small bars in the lower right corner: this clip has ended and shows its last frame."""
    from PIL import ImageDraw

    draw, x, y = ImageDraw.Draw(image), image.width - 24, image.height - 24
    draw.rounded_rectangle((x, y, x + 18, y + 18), 5, PAPER)
    for bar in (x + 6, x + 11):
        draw.rectangle((bar, y + 5, bar + 2, y + 13), TEXT)
