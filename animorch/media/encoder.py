"""Encoder: a clip becomes a file of the kind that its name's suffix asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from animorch.clip import Clip
from animorch.errors import MediaError
from animorch.media import apng, gif, pngs, video, webp
from animorch.media.metadata import as_text, write_sidecar
from animorch.media.stream import Stream
from animorch.place import beside

Quality = Literal["draft", "good", "best"]
Writer = Callable[[Stream, Path, str, str], None]

_WRITERS: dict[str, Writer] = {
    "mp4": video.write,
    "av1.mp4": video.write,
    "webm": video.write,
    "mkv": video.write,
    "gif": gif.write,
    "apng": apng.write,
    "webp": webp.write,
    "png": pngs.write,
}
FORMATS = tuple(_WRITERS)


def encode(clip: Clip, path: Path, metadata: Mapping[str, Any], quality: Quality = "good") -> None:
    """Write a clip with its metadata, and the metadata again in `<name>.json` beside it.

    The ending decides: .mp4 H.264, .av1.mp4 AV1, .webm VP9, .mkv FFV1 and .apng (both
    lossless), .gif, .webp, and .png for a folder of numbered frames. Every frame is kept, equal
    neighbours too, and so is the size; an mp4 of odd width or height is yuv444p instead of yuv420p.
    Times are exact in mp4, webm, mkv and apng; WebP counts milliseconds, GIF hundredths of a second
    and 50 fps at most.
    The file appears whole or not at all. Raises MediaError.
    """
    encode_stream(Stream.of(clip), path, metadata, quality)


def encode_stream(stream: Stream, path: Path, metadata: Mapping[str, Any], quality: Quality = "good") -> None:
    """As `encode`, for frames that come one at a time."""
    writer = _WRITERS.get(path.suffix.lower().removeprefix("."))
    if writer is None:
        known = ", ".join("." + name for name in FORMATS)
        raise MediaError(f"{path.name} does not name a format; end it with one of {known}")
    text = as_text(metadata)
    with beside(path) as fresh:
        writer(stream, fresh, text, quality)
        write_sidecar(path, metadata)  # first, so that a clip in its place is a finished one
