"""GIF: one palette for the clip, every frame kept, and the metadata as a comment.

ffmpeg packs the pictures, since it stores only what changed; times and comment are then written into the
file, because ffmpeg rounds the last time up and drops metadata. Format: GIF89a specification, 31 July 1990.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from animorch.media import ffmpeg, palette
from animorch.media.rate import ticks
from animorch.media.stream import Stream

if TYPE_CHECKING:
    import numpy as np

PREFIX = b"animorch="
FASTEST = 2  # hundredths of a second: browsers slow anything shorter down to ten
_COLOURS = 255  # and one that is transparent, for what stays as in the frame before
_EFFORT = {"draft": (1 << 12, 2), "good": (1 << 14, 4), "best": (1 << 16, 12)}  # pixels sampled, rounds


def write(stream: Stream, path: Path, text: str, quality: str) -> None:
    """Encode, looping for ever. Times are hundredths of a second and at least 2: 50 fps at most."""
    options = ["-fps_mode", "passthrough", "-f", "gif", "-loop", "0", ffmpeg.url(path)]
    source = ffmpeg.raw(stream.width, stream.height, 10, "pal8")  # any rate that hundredths hold
    ffmpeg.pour([*source, *options], _pictures(stream, *_EFFORT[quality]))
    delays = ticks(stream.count, min(stream.fps, 100 / FASTEST), 100)
    path.write_bytes(finished(path.read_bytes(), delays, text))


def _pictures(stream: Stream, sampled: int, rounds: int) -> Iterator[bytes]:
    """Each frame as ffmpeg's pal8: an index a pixel, then 256 times blue, green, red and alpha."""
    import numpy as np

    frames = list(stream)
    colours = palette.of_pixels(_sample(frames, sampled), _COLOURS, rounds)
    table = np.zeros((256, 4), np.uint8)
    table[: len(colours)] = np.insert(colours[:, ::-1], 3, 255, axis=1)
    for frame in frames:
        yield palette.indices(frame, colours).tobytes() + table.tobytes()


def _sample(frames: list[np.ndarray[Any, Any]], count: int) -> np.ndarray[Any, Any]:
    """About `count` pixels, (M, 3), of all frames; the same ones whenever the clip is encoded."""
    import numpy as np

    chance = np.random.default_rng(0)
    share = -(-count // len(frames))
    height, width = frames[0].shape[:2]
    if share >= height * width:
        return np.concatenate([frame.reshape(-1, 3) for frame in frames])
    places = (chance.integers(0, height * width, share) for _ in frames)
    return np.concatenate([f.reshape(-1, 3)[at] for f, at in zip(frames, places, strict=True)])


def finished(data: bytes, delays: list[int], text: str) -> bytes:
    """The same GIF with these times (hundredths of a second) and this comment."""
    drawn = bytearray(data)
    places = (at for at, kind in blocks(data) if kind == b"\x21\xf9")
    for at, delay in zip(places, delays, strict=True):
        drawn[at + 4 : at + 6] = delay.to_bytes(2, "little")
    head = _head(data)
    return bytes(drawn[:head]) + _comment(PREFIX + text.encode("ascii")) + bytes(drawn[head:])


def _comment(content: bytes) -> bytes:
    pieces = (content[at : at + 255] for at in range(0, len(content), 255))
    return b"\x21\xfe" + b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Offset and kind (two bytes for an extension, else one) of each block; IndexError if it is cut short."""
    at = _head(data)
    while data[at] != 0x3B:
        extension = data[at] == 0x21
        yield at, data[at : at + 1 + extension]
        at = _after_pieces(data, at + 2 if extension else at + 11 + _table(data[at + 9]))


def _after_pieces(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def _head(data: bytes) -> int:
    """Where the blocks begin: after the header, the screen descriptor and the global colour table."""
    return 13 + _table(data[10])


def _table(packed: int) -> int:
    """Bytes of the colour table that a packed field announces."""
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0
