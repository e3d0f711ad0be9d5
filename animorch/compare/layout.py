"""Layout: where on a page everything is, in pixels. Pure."""

from __future__ import annotations

from dataclasses import dataclass

MARGIN, GAP, TITLE, FOOT = 20, 10, 52, 22
SMALL, VISIBLE = 160, 256  # clips below SMALL pixels are enlarged by whole factors, up to about VISIBLE
LEAST = 120  # the longer side of the smallest cell to which a clip is shrunk


@dataclass(frozen=True)
class Box:
    """A rectangle: left, top, width, height."""

    x: int
    y: int
    w: int
    h: int

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, and the last pixels to the right and below, as Pillow draws rectangles."""
        return self.x, self.y, self.x + self.w - 1, self.y + self.h - 1


@dataclass(frozen=True)
class Room:
    """What a page must hold: so many cells, and these labels (0 where there are none)."""

    rows: int
    columns: int
    side: int = 0  # width of the row labels
    head: int = 0  # height of the column labels
    caption: int = 0  # height of the line above each cell
    below: int = 0  # height of the numbers below each cell


@dataclass(frozen=True)
class Layout:
    """A page of one shape. Width and height are even, as H.264 wants them."""

    room: Room
    width: int
    height: int
    cell_w: int
    cell_h: int
    left: int  # where the first column of cells begins
    top: int

    def cell(self, row: int, column: int) -> Box:
        step = self.room.caption + self.cell_h + self.room.below + GAP
        y = self.top + row * step + self.room.caption
        return Box(self.left + column * (self.cell_w + GAP), y, self.cell_w, self.cell_h)

    def caption(self, row: int, column: int) -> Box:
        box = self.cell(row, column)
        return Box(box.x, box.y - self.room.caption, box.w, self.room.caption)

    def below(self, row: int, column: int) -> Box:
        box = self.cell(row, column)
        return Box(box.x, box.y + box.h, box.w, self.room.below)

    def row_label(self, row: int) -> Box:
        return Box(self.left - GAP - self.room.side, self.cell(row, 0).y, self.room.side, self.cell_h)

    def column_label(self, column: int) -> Box:
        return Box(self.cell(0, column).x, self.top - GAP - self.room.head, self.cell_w, self.room.head)

    @property
    def title(self) -> Box:
        return Box(MARGIN, 0, self.width - 2 * MARGIN, TITLE)

    @property
    def progress(self) -> Box:
        return Box(0, self.height - 4, self.width, 4)


def lay_out(room: Room, clip: tuple[int, int], page: tuple[int, int], narrowest: int = 480) -> Layout:
    """The layout whose cells are as large as `page` (width, height) allows, cells centred.

    clip: width and height that a cell shows. A page grows past `page` only where cells would
    otherwise be smaller than LEAST (or than the clip, if that is smaller).
    """
    side, head = room.side + GAP * bool(room.side), room.head + GAP * bool(room.head)
    around_w, around_h = (
        2 * MARGIN + side + GAP * (room.columns - 1),
        TITLE + head + FOOT + GAP * (room.rows - 1),
    )
    cell_w, cell_h = cell_size(
        clip,
        (page[0] - around_w) / room.columns,
        (page[1] - around_h) / room.rows - room.caption - room.below,
    )
    width = max(around_w + room.columns * cell_w, narrowest)
    height = around_h + room.rows * (cell_h + room.caption + room.below)
    left = MARGIN + side + (width - around_w - room.columns * cell_w) // 2
    return Layout(room, width + width % 2, height + height % 2, cell_w, cell_h, left, TITLE + head)


def cell_size(clip: tuple[int, int], room_w: float, room_h: float) -> tuple[int, int]:
    """Size at which a clip is shown: its own, smaller where there is no room, whole times larger if tiny."""
    longest, room = max(clip), min(room_w / clip[0], room_h / clip[1])
    if longest < SMALL:
        scale = float(max(1, round(LEAST / longest), int(min(room, -(-VISIBLE // longest)))))
    else:
        scale = max(min(room, 1.0), LEAST / longest)
    return max(round(clip[0] * scale), 1), max(round(clip[1] * scale), 1)


def fitted(clip: tuple[int, int], cell: tuple[int, int]) -> Box:
    """Where in its cell a clip stands: as large as fits, undistorted, centred; tiny ones by whole factors."""
    scale = min(cell[0] / clip[0], cell[1] / clip[1])
    if max(clip) < SMALL and scale >= 1:
        scale = int(scale)
    w, h = (min(max(round(side * scale), 1), most) for side, most in zip(clip, cell, strict=True))
    return Box((cell[0] - w) // 2, (cell[1] - h) // 2, w, h)
