"""Image animations read back: GIF, WebP, APNG and single PNG, through Pillow."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

from animorch.clip import Clip
from animorch.errors import MediaError
from animorch.media import apng, gif
from animorch.media.rate import rate_of

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = frozenset({".gif", ".webp", ".apng", ".png"})
_TICK = {"GIF": 0.01, "WEBP": 0.001, "PNG": 1e-6}  # seconds: the finest time of each format
_BROKEN = (OSError, EOFError, SyntaxError, ValueError, IndexError, KeyError, struct.error)


def read(path: Path) -> Clip:
    """Every frame, at the rate that the frames' times add up to."""
    import numpy as np

    with opened(path) as image:
        _check_whole(path, image)
        pictures, times = [], []
        for place in range(getattr(image, "n_frames", 1)):
            image.seek(place)
            pictures.append(np.asarray(image.convert("RGB")))
            times.append(float(image.info.get("duration") or 0) / 1000)
        return Clip(np.stack(pictures), _rate(image, times))


def _rate(image: Image, times: list[float]) -> float:
    carried = image.info.get(apng.FPS)
    if carried is not None:
        return float(carried)
    return rate_of(len(times), sum(times), _TICK[image.format or "GIF"]) if all(times) else Clip.fps


def _check_whole(path: Path, image: Image) -> None:
    """Pillow reads a GIF that was cut short as a shorter one."""
    if image.format == "GIF":
        for _ in gif.blocks(path.read_bytes()):
            pass


@contextmanager
def opened(path: Path) -> Iterator[Image]:
    """The image; whatever goes wrong while reading it becomes a MediaError."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            yield image
    except _BROKEN as error:
        reason = (
            "it ends too early" if isinstance(error, (IndexError, EOFError)) else str(error).splitlines()[0]
        )
        raise MediaError(
            f"{path} could not be read as an animation ({reason}); check that it is one, or render it again"
        ) from error


def metadata_text(image: Image) -> str | None:
    """The JSON text that the file carries, if it carries any."""
    if image.format == "GIF":
        comment = image.info.get("comment", b"")
        return comment.partition(gif.PREFIX)[2].decode("ascii", "replace") or None
    if image.format == "WEBP":
        packet = image.info.get("xmp", b"").decode("utf-8", "replace")
        found = re.search(r"<animorch:animorch>(.*?)</animorch:animorch>", packet, re.DOTALL)
        return unescape(found[1]) if found else None
    return image.info.get(apng.KEY)
