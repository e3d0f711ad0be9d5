"""Texts: what other programs have written beside the pixels of a picture or a film."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from animorch.errors import MediaError
from animorch.media import animation, video

if TYPE_CHECKING:
    from PIL.Image import Image


def texts_of(path: Path) -> dict[str, str]:
    """Texts by name: chunks of a PNG, EXIF of a WebP, a GIF's comment, tags of a film (in lower case).

    Empty when there are none. Raises MediaError when the file is not there or cannot be read.
    """
    if not path.is_file():
        raise MediaError(f"there is no file at {path}; check the path")
    if path.suffix.lower() not in animation.SUFFIXES:
        return video.inspect(path)[2]
    with animation.opened(path) as image:
        image.load()  # chunks may lie behind the pixels
        return _of_image(image)


def _of_image(image: Image) -> dict[str, str]:
    from PIL.ExifTags import TAGS

    texts = {str(name): str(text) for name, text in getattr(image, "text", {}).items()}
    if image.format == "WEBP":
        facts = {TAGS.get(tag, str(tag)): said for tag, said in image.getexif().items()}
        texts |= {name: said for name, said in facts.items() if isinstance(said, str)}
    if image.format == "GIF" and isinstance(comment := image.info.get("comment"), bytes):
        texts["comment"] = comment.decode("utf-8", "replace")
    return texts
