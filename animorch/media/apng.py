"""PNG and animated PNG: lossless, with text chunks after the header."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

from animorch.media import ffmpeg
from animorch.media.stream import Stream

KEY, COUNT, FPS = "animorch", "animorch_frames", "animorch_fps"
_AFTER_HEADER = 33  # signature (8) and IHDR (25)
_EFFORT = {"draft": "1", "good": "5", "best": "9"}


def write(stream: Stream, path: Path, text: str, quality: str) -> None:
    """Encode an animated PNG that loops for ever; quality sets the effort, never the pixels."""
    effort = ["-compression_level", _EFFORT[quality]]
    ffmpeg.write(stream, path, [*effort, "-f", "apng", "-plays", "0"])
    path.write_bytes(with_texts(path.read_bytes(), texts(stream, text)))


def texts(stream: Stream, text: str) -> dict[str, str]:
    """What goes into text chunks; the rate too, since a single PNG has no other place for it."""
    return {KEY: text, COUNT: str(stream.count), FPS: repr(float(stream.fps))}


def with_texts(data: bytes, entries: Mapping[str, str]) -> bytes:
    """The same PNG with tEXt chunks (PNG specification, 11.3.3.2)."""
    chunks = (_chunk(b"tEXt", f"{key}\0{value}".encode("latin-1")) for key, value in entries.items())
    return data[:_AFTER_HEADER] + b"".join(chunks) + data[_AFTER_HEADER:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
