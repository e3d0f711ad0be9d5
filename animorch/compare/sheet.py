"""Contact sheet: every page below the last, each clip as its first, middle and last frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from animorch.compare.arrangement import Page
from animorch.compare.layout import Box, Layout
from animorch.compare.page import layout_for
from animorch.compare.style import PAPER

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH, HEIGHT = 2400, 1800  # of one page
TALLEST = 16_000  # of the whole sheet: many pages are drawn smaller
STILLS, SEAM = 3, 2  # frames in a cell's strip, pixels between them
_VISIBLE, _LARGEST = 192, 256  # pixels of a frame's longer side: a tiny clip's at least, any clip's at most


def sheet_layout(
    pages: Sequence[Page], clip: tuple[int, int], numbers: int = 0
) -> tuple[Layout, tuple[int, int]]:
    """Layout of a page of the sheet, and the size of each still in a strip; numbers: lines under a cell."""
    still = _still(clip)
    strip = STILLS * still[0] + (STILLS - 1) * SEAM, still[1]
    layout = layout_for(pages, strip, (WIDTH, min(HEIGHT, max(TALLEST // len(pages), 240))), numbers)
    return layout, ((layout.cell_w - (STILLS - 1) * SEAM) // STILLS, layout.cell_h)


def _still(clip: tuple[int, int]) -> tuple[int, int]:
    """Size of a frame on the sheet: shrunk to _LARGEST, whole times larger towards _VISIBLE."""
    longest = max(clip)
    larger = max(min(-(-_VISIBLE // longest), _LARGEST // longest), 1)
    scale = _LARGEST / longest if longest > _LARGEST else larger
    return max(round(clip[0] * scale), 1), max(round(clip[1] * scale), 1)


def paste_strip(image: Image, box: Box, stills: Sequence[Image]) -> None:
    """Put a clip's stills into its cell, side by side from the left."""
    for place, still in enumerate(stills):
        image.paste(still, (box.x + place * (still.width + SEAM), box.y))


def stacked(pages: Sequence[Image]) -> Image:
    """The pages below one another."""
    from PIL import Image

    sheet = Image.new("RGB", (max(page.width for page in pages), sum(page.height for page in pages)), PAPER)
    top = 0
    for page in pages:
        sheet.paste(page, (0, top))
        top += page.height
    return sheet


def sheet_page(still: Image, layout: Layout, strips: Mapping[tuple[int, int], Sequence[Image]]) -> Image:
    """A drawn page with its strips pasted in."""
    for place, stills in strips.items():
        paste_strip(still, layout.cell(*place), stills)
    return still
