"""Corner: where on a picture a thing is put."""

from __future__ import annotations

from typing import Literal

Corner = Literal[
    "top_left", "top", "top_right", "left", "centre", "right", "bottom_left", "bottom", "bottom_right"
]
_SHARE = {"left": 0.0, "right": 1.0, "top": 0.0, "bottom": 1.0}


def place(corner: str, room: tuple[int, int], size: tuple[int, int], margin: int = 0) -> tuple[int, int]:
    """Left and top of a thing of `size` in a `room` (width, height in pixels), `margin` off the rim.

    A thing larger than the room gets negative places.
    """
    words = corner.split("_")
    across = next((_SHARE[word] for word in words if word in ("left", "right")), 0.5)
    down = next((_SHARE[word] for word in words if word in ("top", "bottom")), 0.5)
    left, top = (
        round(margin + share * (space - 2 * margin - length))
        for share, space, length in zip((across, down), room, size, strict=True)
    )
    return left, top
