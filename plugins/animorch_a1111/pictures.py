"""Pictures: one image as base64 PNG, at the size of the clip.

The API's img2img is given one image, the same for every frame; films are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from animorch import MediaError, Pictures, UsageError


def sent(path: str, width: int, height: int, *, grey: bool = False) -> str:
    """The image, upright, its short side scaled to fit and the middle cut out (Lanczos), as base64 PNG.

    Raises UsageError when nothing is there, MediaError when it is no single image.
    """
    from base64 import b64encode
    from io import BytesIO

    from PIL import Image, ImageOps

    fitted = ImageOps.fit(_image(path), (width, height), Image.Resampling.LANCZOS)
    stream = BytesIO()
    (fitted.convert("L") if grey else fitted).save(stream, "PNG")
    return b64encode(stream.getvalue()).decode()


def picture_problems(path: str, label: str) -> Iterator[str]:
    """A film or a folder, and an image that cannot be read."""
    try:
        _image(path)
    except (UsageError, MediaError) as error:
        yield f"{label}: {error}"


def _image(path: str) -> Any:
    from PIL import Image, ImageOps

    found = Pictures(path=path).local()
    if found.is_dir():
        raise MediaError(f"{found} is a folder of frames and backend=a1111 sends one image; give one")
    try:
        with Image.open(found) as picture:
            if int(getattr(picture, "n_frames", 1)) > 1:
                raise MediaError(f"{found} is a film and backend=a1111 sends one image; give one")
            return ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise MediaError(
            f"{found} is no single image, and backend=a1111 sends one; give a PNG or JPEG"
        ) from error
