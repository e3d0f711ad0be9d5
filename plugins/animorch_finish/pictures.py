"""Pictures: a clip's frames as Pillow images and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from animorch import Clip

if TYPE_CHECKING:
    from PIL.Image import Image


def each(clip: Clip, change: Callable[[Image], Image]) -> Clip:
    """The clip with every frame changed; all must come out in one size."""
    import numpy as np
    from PIL import Image

    changed = [np.asarray(change(Image.fromarray(frame)).convert("RGB")) for frame in clip.frames]
    return Clip(np.stack(changed), clip.fps)
