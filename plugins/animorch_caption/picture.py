"""Picture: the frame that stands for a clip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from animorch import decoded

if TYPE_CHECKING:
    from PIL.Image import Image


def middle(path: Path) -> Image:
    """A clip's middle frame in full size; raises MediaError."""
    from PIL import Image

    length = len(decoded(path, width=8, height=8))  # the frames are counted small, then one is read
    return Image.fromarray(decoded(path, start=length // 2, count=1).frames[0])
