"""Still: one picture as a PNG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from animorch.clip import Clip
from animorch.place import beside

if TYPE_CHECKING:
    from PIL.Image import Image


def poster(clip: Clip, path: Path) -> None:
    """Write the middle frame; raises MediaError when it cannot be written."""
    from PIL import Image

    save_image(Image.fromarray(clip.frames[len(clip) // 2]), path)


def save_image(image: Image, path: Path) -> None:
    """Write a picture as PNG, whole or not at all; raises MediaError."""
    with beside(path) as fresh:
        image.save(fresh, "png")
