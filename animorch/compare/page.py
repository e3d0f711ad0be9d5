"""Pages drawn: title, labels, panels; and the frames of a page as it plays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from animorch.compare import panel
from animorch.compare.arrangement import Page
from animorch.compare.cell import Cell
from animorch.compare.footage import Footage
from animorch.compare.label import line_height, width_of, wrapped, write
from animorch.compare.layout import TITLE, Box, Layout, Room, lay_out
from animorch.compare.numbers import Lines
from animorch.compare.style import ACCENT, CELL, LINE, PAPER, QUIET, TEXT

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

LABEL, HEADLINE, NUMBER = 15, 19, 13  # letter sizes, pixels
WIDEST_SIDE, MOST_LINES = 210, 3
ABOVE = 8  # pixels that keep a caption from the cell above it
CLOCK = 80  # pixels at the right of the title bar
TITLE_BAR = TITLE - 12  # height of the bar; below it is air


def layout_for(
    pages: Sequence[Page], clip: tuple[int, int], size: tuple[int, int], numbers: int = 0
) -> Layout:
    """One layout for all pages: labels get the room they need, cells get the rest of `size`.

    numbers: how many lines stand under each cell.
    """
    room = _room(pages, 1, numbers)
    first = lay_out(room, clip, size)
    heads = [label for page in pages for label in (*page.columns, *page.captions.values())]
    lines = max((len(wrapped(label, LABEL, first.cell_w, MOST_LINES)) for label in heads), default=1)
    return lay_out(_room(pages, lines, numbers), clip, size)


def _room(pages: Sequence[Page], lines: int, numbers: int) -> Room:
    rows, columns = max(len(page.rows) for page in pages), max(len(page.columns) for page in pages)
    height = lines * line_height(LABEL) + 4
    below = numbers * line_height(NUMBER) + 6 * bool(numbers)
    if pages[0].captions:
        return Room(rows, columns, caption=height + ABOVE, below=below)
    widest = max(width_of(label, LABEL) for page in pages for label in page.rows)
    return Room(rows, columns, side=min(widest, WIDEST_SIDE), head=height, below=below)


def drawn(
    page: Page,
    layout: Layout,
    cells: Sequence[Cell],
    numbers: Sequence[Lines],
    name: str,
    note: str,
    clock: int = 0,
) -> Image:
    """Everything on a page that does not move; clips are left as empty cells.

    cells, numbers: of every point of the plan. note: at the right of the title bar, `clock` pixels from
    its end.
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (layout.width, layout.height), PAPER)
    draw = ImageDraw.Draw(image)
    _draw_title(draw, layout, name, page.title, note, clock)
    _draw_labels(draw, page, layout)
    for row in range(len(page.rows)):
        for column in range(len(page.columns)):
            _draw_cell(draw, page, layout, cells, (row, column))
    for place, number in page.cells.items():
        _draw_numbers(draw, layout.below(*place), numbers[number])
    return image


def _draw_numbers(draw: ImageDraw, box: Box, lines: Lines) -> None:
    """Each metric's name at the left, shortened where there is no room, and its value at the right."""
    step = line_height(NUMBER)
    for place, (name, value) in enumerate(lines):
        line, taken = Box(box.x, box.y + 4 + place * step, box.w, step), width_of(value, NUMBER) + 8
        write(draw, line, value, NUMBER, TEXT, "right")
        for part in wrapped(name, NUMBER, max(box.w - taken, 1), 1):
            write(draw, replace(line, w=max(box.w - taken, 1)), part, NUMBER, QUIET)


def _draw_title(draw: ImageDraw, layout: Layout, name: str, title: str, note: str, clock: int) -> None:
    bar = replace(layout.title, w=layout.title.w - clock)
    draw.line((0, TITLE_BAR, layout.width, TITLE_BAR), LINE)
    free = bar.w - (width_of(note, LABEL) + 16 if note else 0)
    named = min(width_of(name, HEADLINE), free if not title else free // 2)
    write(draw, Box(bar.x, 0, named, TITLE_BAR), name, HEADLINE, TEXT)
    write(draw, Box(bar.x + named + 18, 0, max(free - named - 18, 1), TITLE_BAR), title, LABEL, ACCENT)
    write(draw, Box(bar.x, 0, bar.w, TITLE_BAR), note, LABEL, QUIET, "right")


def _draw_labels(draw: ImageDraw, page: Page, layout: Layout) -> None:
    for place in page.captions:
        box = layout.caption(*place)
        write(draw, replace(box, y=box.y + ABOVE, h=box.h - ABOVE), page.captions[place], LABEL, TEXT)
    if page.captions:
        return
    for row, label in enumerate(page.rows):
        write(draw, layout.row_label(row), label, LABEL, TEXT, "right")
    for column, label in enumerate(page.columns):
        write(draw, layout.column_label(column), label, LABEL, TEXT, "centre")


def _draw_cell(
    draw: ImageDraw, page: Page, layout: Layout, cells: Sequence[Cell], place: tuple[int, int]
) -> None:
    box, number = layout.cell(*place), page.cells.get(place)
    cell = None if number is None else cells[number]
    if cell is None:
        if not page.captions:  # the last row of a list just ends
            panel.empty(draw, box)
    elif cell.state == "clip":
        draw.rectangle(box.corners, CELL)
        if cell.wrong:
            panel.alarm_frame(draw, box)
    else:
        panel.panel(draw, box, cell.state, cell.reason)


def playing(
    still: Image, layout: Layout, films: Mapping[Box, Footage], count: int, fps: float
) -> Iterator[np.ndarray[Any, Any]]:
    """The `count` frames of a page at `fps` a second: clips in step, the clock, the line at the bottom."""
    import numpy as np

    ground = np.asarray(still)
    for place in range(count):
        frame = ground.copy()
        for box, film in films.items():
            frame[box.y : box.y + box.h, box.x : box.x + box.w] = film.at(place / fps)
        _draw_clock(frame, layout, place / fps)
        _draw_progress(frame, layout.progress, (place + 1) / count)
        yield frame


def _draw_clock(frame: np.ndarray[Any, Any], layout: Layout, seconds: float) -> None:
    from PIL import Image, ImageDraw

    patch = Image.new("RGB", (CLOCK - 10, TITLE_BAR - 2), PAPER)
    write(ImageDraw.Draw(patch), Box(0, 0, *patch.size), f"{seconds:.2f} s", LABEL, QUIET, "right")
    right = layout.title.x + layout.title.w
    frame[1 : TITLE_BAR - 1, right - patch.width : right] = patch


def _draw_progress(frame: np.ndarray[Any, Any], box: Box, share: float) -> None:
    frame[box.y : box.y + box.h] = LINE
    frame[box.y : box.y + box.h, : round(box.w * share)] = ACCENT
