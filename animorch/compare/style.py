"""Style: the colours of everything that is drawn."""

from __future__ import annotations

from typing import NamedTuple

Colour = tuple[int, int, int]

PAPER: Colour = (15, 17, 21)
CELL: Colour = (22, 25, 31)
LINE: Colour = (38, 43, 53)
TEXT: Colour = (222, 226, 234)
QUIET: Colour = (137, 145, 161)
ACCENT: Colour = (122, 170, 255)
ALARM: Colour = (239, 68, 68)


class Tone(NamedTuple):
    """Colours of a panel: its ground and its heading."""

    ground: Colour
    heading: Colour


TONES: dict[str, Tone] = {
    "failed": Tone((42, 22, 26), (240, 140, 140)),
    "unreadable": Tone((42, 22, 38), (226, 140, 214)),
    "invalid": Tone((42, 34, 18), (230, 186, 104)),
    "excluded": Tone((24, 27, 34), (148, 157, 176)),
    "missing": Tone((17, 32, 38), (110, 190, 200)),
}
