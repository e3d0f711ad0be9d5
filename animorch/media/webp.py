"""Animated WebP, put together here frame by frame.

libwebp's animation encoder merges equal neighbours into one longer frame, so the frame count would
be lost; each frame is therefore compressed alone and the file's chunks are written here.
Format: WebP container specification (developers.google.com/speed/webp/docs/riff_container).
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from animorch.errors import MediaError
from animorch.media.rate import ticks
from animorch.media.stream import Stream

LARGEST = 16383  # pixels a side
_ANIMATION, _XMP = 0x02, 0x04  # bits of VP8X
_REPLACE = 0x02  # bit of ANMF: the frame covers what was there
_PICTURE: dict[str, dict[str, Any]] = {
    "draft": {"quality": 60, "method": 2},
    "good": {"quality": 85, "method": 4},
    "best": {"quality": 96, "method": 5},
}


def write(stream: Stream, path: Path, text: str, quality: str) -> None:
    """Encode an animation that loops for ever, with the metadata as XMP. Times are milliseconds."""
    if max(stream.width, stream.height) > LARGEST:
        raise MediaError(
            f"a WebP is at most {LARGEST} pixels a side and the clip is {stream.width}x{stream.height}; "
            "choose another format"
        )
    canvas = _side(stream.width) + _side(stream.height)
    with path.open("wb") as file:
        file.write(b"RIFF\0\0\0\0WEBP" + _chunk(b"VP8X", bytes([_ANIMATION | _XMP, 0, 0, 0]) + canvas))
        file.write(_chunk(b"ANIM", b"\0\0\0\xff" + b"\0\0"))  # black behind, loops for ever
        for frame in _frames(stream, canvas, _PICTURE[quality]):
            file.write(frame)
        file.write(_chunk(b"XMP ", _packet(text)))
        length = file.tell() - 8
        file.seek(4)
        file.write(length.to_bytes(4, "little"))


def _frames(stream: Stream, canvas: bytes, options: dict[str, Any]) -> Iterator[bytes]:
    from PIL import Image

    for frame, time in zip(stream, ticks(stream.count, stream.fps, 1000), strict=True):
        held = BytesIO()
        Image.fromarray(frame).save(held, "webp", **options)
        picture = held.getvalue()[12:]  # the chunks after RIFF, size and WEBP
        yield _chunk(b"ANMF", bytes(6) + canvas + time.to_bytes(3, "little") + bytes([_REPLACE]) + picture)


def _side(pixels: int) -> bytes:
    return (pixels - 1).to_bytes(3, "little")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def _packet(text: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:animorch="urn:animorch:1">'
        f"<animorch:animorch>{escape(text, quote=False)}</animorch:animorch>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode("ascii")
