"""Decoder: a file becomes a clip again."""

from __future__ import annotations

from pathlib import Path

from animorch.clip import Clip
from animorch.errors import MediaError
from animorch.media import animation, pngs, video


def decode(path: Path) -> Clip:
    """Every frame of a video, an animation or a folder of numbered PNGs, at the rate the file states.

    A file that states none (a foreign image) gets the default of Clip. Raises MediaError with a
    sentence when the file is missing, empty, truncated or no clip at all.
    """
    if not path.exists():
        raise MediaError(f"there is no clip at {path}; check the path")
    if path.is_dir():
        return pngs.read(path)
    if path.stat().st_size == 0:
        raise MediaError(f"{path} is empty (0 bytes); render it again")
    return animation.read(path) if path.suffix.lower() in animation.SUFFIXES else video.read(path)
