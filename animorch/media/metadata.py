"""Metadata: one JSON text inside the container, and the same in a sidecar file beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from animorch.errors import MediaError
from animorch.media import animation, pngs, video
from animorch.place import beside


@dataclass(frozen=True)
class Probe:
    """What a file says of itself before a frame is decoded. Sizes in pixels.

    frames is None where only decoding would tell (a video that animorch did not write).
    """

    width: int
    height: int
    frames: int | None
    metadata: dict[str, Any] | None


def as_text(metadata: Mapping[str, Any]) -> str:
    """JSON in ASCII on one line, which every container keeps as it is."""
    try:
        return json.dumps(dict(metadata))
    except (TypeError, ValueError) as error:
        raise MediaError(f"metadata should be plain JSON values ({error}); convert them first") from error


def sidecar(path: Path) -> Path:
    """The file beside a clip that repeats its metadata: clip.mp4 -> clip.mp4.json."""
    return path.with_name(path.name + ".json")


def write_sidecar(path: Path, metadata: Mapping[str, Any]) -> None:
    """Write it indented, for people; raises MediaError."""
    text = json.dumps(dict(metadata), indent=2, ensure_ascii=False) + "\n"
    with beside(sidecar(path)) as fresh:
        fresh.write_bytes(
            text.encode("utf-8", "backslashreplace")
        )  # a lone surrogate becomes \udxxx, good JSON


def probe(path: Path) -> Probe:
    """Size and embedded metadata; raises MediaError when the file cannot be read."""
    if not path.exists():
        raise MediaError(f"there is no clip at {path}; check the path")
    if path.is_dir():
        first, *others = pngs.files(path)
        return replace(_image(first), frames=1 + len(others))
    if path.suffix.lower() in animation.SUFFIXES:
        return _image(path)
    width, height, tags = video.inspect(path)
    frames = tags.get(video.COUNT, "")
    return Probe(width, height, int(frames) if frames.isdecimal() else None, _parsed(tags.get(video.KEY)))


def _image(path: Path) -> Probe:
    with animation.opened(path) as image:
        return Probe(*image.size, getattr(image, "n_frames", 1), _parsed(animation.metadata_text(image)))


def read_metadata(path: Path) -> dict[str, Any]:
    """What `encode` was given: from the container, else from the sidecar.

    Raises MediaError when neither holds any.
    """
    try:
        found = probe(path).metadata
    except MediaError:
        found = None  # the sidecar may still tell what the broken file was
    if found is None:
        found = _from_sidecar(path)
    if found is None:
        raise MediaError(f"{path} carries no animorch metadata and has no {sidecar(path).name} beside it")
    return found


def _from_sidecar(path: Path) -> dict[str, Any] | None:
    try:
        return _parsed(sidecar(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def _parsed(text: str | None) -> dict[str, Any] | None:
    try:
        value = json.JSONDecoder().raw_decode(text or "")[0]  # other programs append to a GIF's comment
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
