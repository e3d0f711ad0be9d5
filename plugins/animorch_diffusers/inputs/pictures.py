"""Pictures: an image, a video or a folder of frames, read at the size of the clip.

Aspect is kept: the short side is scaled to fit and the middle is cut out. A single image is scaled with
Pillow's Lanczos filter and turned as its EXIF says; films and folders as `animorch.decoded` scales them.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from animorch import MediaError, Pictures, decoded

Array = Any
_FINE = 8  # pixels that a latent's brightness is the mean of, along each side
_STILLS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".apng"})
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's mode L


def pictures(path: str, frames: int, width: int, height: int) -> Array:
    """The pictures as uint8 of shape (frames, height, width, 3); an image is repeated.

    Raises UsageError when nothing is there, MediaError when it cannot be read or has too few frames.
    """
    import numpy as np

    shown = _shown(path, frames, width, height)
    return np.repeat(shown, frames, axis=0) if len(shown) == 1 < frames else shown


def masks(path: str, frames: int, width: int, height: int) -> Array:
    """Brightness as float32 of shape (frames, 1, height, width), 0 black to 1 white.

    width and height are the latents'; each gets the mean of the pixels under it. Raises as `pictures`.
    """
    import numpy as np

    shown = _shown(path, frames, width * _FINE, height * _FINE)
    tiled = shown.reshape(len(shown), height, _FINE, width, _FINE, 3)
    mean = tiled.mean(axis=(2, 4), dtype=np.float32) @ np.array(_LUMA, np.float32) / 255
    return np.array(np.broadcast_to(mean[:, None], (frames, 1, height, width)))  # torch wants it writable


def image(path: str) -> Any:
    """One upright RGB image (PIL); raises MediaError when it is none, UsageError when nothing is there."""
    found = Pictures(path=path).local()
    return _opened(found)


def refuse_short(path: str, frames: int) -> None:
    """Raise MediaError when these pictures cannot be read or do not reach the clip's last frame.

    Of a film nothing is kept, but it is decoded that far; the answer is remembered.
    """
    found = Pictures(path=path).local()
    stat = found.stat()
    told = _shortness(found, frames, (stat.st_size, stat.st_mtime_ns))
    if told:
        raise MediaError(told)


@lru_cache(maxsize=256)
def _shortness(path: Path, frames: int, _stamp: tuple[int, int]) -> str:
    try:
        if not _is_still(path):
            decoded(path, start=frames - 1, count=1)
    except MediaError as error:
        return too_short(path, frames) if _begins(path) else str(error)
    return ""


def _begins(path: Path) -> bool:
    """Whether a film has a first frame, so that only its end is missing."""
    try:
        decoded(path, count=1)
    except MediaError:
        return False
    return True


def too_short(path: Path, frames: int) -> str:
    """The sentence for a film or folder of fewer frames than the clip."""
    return (
        f"{path} has fewer frames than the clip's {frames}; lower frames, or give a longer film or one image"
    )


def _shown(path: str, frames: int, width: int, height: int) -> Array:
    """uint8 (1 or frames, height, width, 3)."""
    import numpy as np
    from PIL import Image, ImageOps

    found = Pictures(path=path).local()
    if _is_still(found):
        fitted = ImageOps.fit(_opened(found), (width, height), Image.Resampling.LANCZOS)
        return np.array(fitted)[None]
    shown = decoded(found, count=frames, width=width, height=height).frames
    if len(shown) < frames:
        raise MediaError(too_short(found, frames))
    return shown


def _is_still(path: Path) -> bool:
    """Whether this is one image; raises MediaError when it looks like one and cannot be read."""
    from PIL import Image

    if path.is_dir() or path.suffix.lower() not in _STILLS:
        return False
    try:
        with Image.open(path) as found:
            return int(getattr(found, "n_frames", 1)) == 1
    except (OSError, ValueError, SyntaxError) as error:
        raise MediaError(_no_image(path)) from error


def _opened(path: Path) -> Any:
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as found:
            return ImageOps.exif_transpose(found).convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise MediaError(_no_image(path)) from error


def _no_image(path: Path) -> str:
    return f"{path} cannot be read as an image; check that it is one, and whole"
