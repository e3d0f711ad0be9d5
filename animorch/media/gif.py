"""GIF: one palette for the clip, every frame kept, and the metadata as a comment.

ffmpeg draws the pictures; times and comment are then written into the file, because ffmpeg rounds
the last time up and drops metadata. Format: GIF89a specification, 31 July 1990.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from animorch.media import ffmpeg
from animorch.media.rate import ticks
from animorch.media.stream import Stream

PREFIX = b"animorch="
FASTEST = 2  # hundredths of a second: browsers slow anything shorter down to ten
_DITHER = {"draft": "bayer:bayer_scale=3", "good": "sierra2_4a", "best": "floyd_steinberg"}


def write(stream: Stream, path: Path, text: str, quality: str) -> None:
    """Encode, looping for ever. Times are hundredths of a second and at least 2: 50 fps at most."""
    # The palette comes from a small copy: a fourth of the cost for 0.03 dB. `best` looks at every pixel.
    small = "" if quality == "best" else "scale=w='min(128,iw)':h='min(128,ih)':flags=neighbor,"
    graph = (
        f"[0:v]split[all][some];[some]{small}palettegen=stats_mode=full[palette];"
        f"[all][palette]paletteuse=dither={_DITHER[quality]}"
    )
    options = ["-filter_complex", graph, "-f", "gif", "-loop", "0"]
    ffmpeg.write(stream, path, options, fps=10)  # any rate that hundredths hold; the times come next
    delays = ticks(stream.count, min(stream.fps, 100 / FASTEST), 100)
    path.write_bytes(finished(path.read_bytes(), delays, text))


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
