"""Film: the pages of a grid played one after another, the contact sheet gathered on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from animorch.compare.arrangement import Page
from animorch.compare.cell import Cell
from animorch.compare.footage import Footage, load
from animorch.compare.layout import Box, Layout
from animorch.compare.numbers import Lines
from animorch.compare.page import CLOCK, drawn, playing
from animorch.compare.sheet import sheet_page, stacked
from animorch.errors import MediaError
from animorch.media import Stream, save_image

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_STILL_PAGE = 1.0  # seconds that a page without a clip is shown


@dataclass(frozen=True)
class Film:
    """What is to be shown. Each clip is decoded once, and one page's clips are held at a time."""

    name: str
    cells: list[Cell]
    numbers: list[Lines]
    pages: tuple[Page, ...]
    layout: Layout
    sheet_layout: Layout
    thumb: tuple[int, int]  # size of a frame on the contact sheet
    fps: float

    def stream(self, sheet: Path | None) -> Stream:
        """The frames; when the last has been taken the contact sheet is written to `sheet`, if given."""
        count = sum(self._count(page) for page in self.pages)
        return Stream(self._frames(sheet), count, self.layout.width, self.layout.height, self.fps)

    def _count(self, page: Page) -> int:
        seconds = max((self.cells[number].seconds for number in page.cells.values()), default=0)
        return max(ceil((seconds or _STILL_PAGE) * self.fps - 1e-6), 1)

    def still(self) -> Image:
        """One picture: every page below the last, each at the middle of its time."""
        from PIL import Image

        middles = []
        for number, page in enumerate(self.pages):
            cells, films, _ = self._load(page)
            frames = self._playing(number, page, cells, films)
            middles.append(Image.fromarray(next(islice(frames, self._count(page) // 2, None))))
        return stacked(middles)

    def _frames(self, sheet: Path | None) -> Iterator[np.ndarray[Any, Any]]:
        sheets = []
        for number, page in enumerate(self.pages):
            cells, films, strips = self._load(page)
            if sheet is not None:
                still = self._drawn(number, page, self.sheet_layout, cells)
                sheets.append(sheet_page(still, self.sheet_layout, strips))
            yield from self._playing(number, page, cells, films)
        if sheet is not None:
            save_image(stacked(sheets), sheet)

    def _playing(
        self, number: int, page: Page, cells: list[Cell], films: dict[Box, Footage]
    ) -> Iterator[np.ndarray[Any, Any]]:
        ground = self._drawn(number, page, self.layout, cells, CLOCK)
        return playing(ground, self.layout, films, self._count(page), self.fps)

    def _drawn(self, number: int, page: Page, layout: Layout, cells: list[Cell], clock: int = 0) -> Image:
        note = f"{number + 1} / {len(self.pages)}" if len(self.pages) > 1 else ""
        return drawn(page, layout, cells, self.numbers, self.name, note, clock)

    def _load(self, page: Page) -> tuple[list[Cell], dict[Box, Footage], dict[tuple[int, int], list[Image]]]:
        """The cells of a page with their footage and stills; a clip that cannot be decoded is a panel."""
        cells, films, strips = list(self.cells), {}, {}
        size = self.layout.cell_w, self.layout.cell_h
        for place, number in page.cells.items():
            if cells[number].state == "clip":
                try:
                    films[self.layout.cell(*place)], strips[place] = load(cells[number], size, self.thumb)
                except MediaError as error:
                    cells[number] = replace(cells[number], state="unreadable", reason=str(error))
        return cells, films, strips
