"""Folder: the clips of a folder, in the order in which people number them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from animorch.errors import UsageError

FILMS = (".mp4", ".webm", ".mkv", ".mov", ".avi", ".m4v", ".flv", ".gif")
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
_SHOWN = 10


def natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A key to sort by: clip2 before clip10, capitals and small letters alike."""
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in parts if part], name


def clips_in(folder: Path) -> list[Path]:
    """Films (mp4, webm, mkv, mov, avi, m4v, flv, gif) and sub-folders of pictures, sorted by name.

    Hidden files are passed over. Raises UsageError when the folder is not there or may not be read.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder of clips at {folder}; check the path")
    try:
        found = [path for path in folder.iterdir() if path.name[0] != "." and _is_clip(path)]
    except OSError as error:
        raise UsageError(
            f"{error.filename} cannot be read ({error.strerror}); check its permissions"
        ) from error
    return sorted(found, key=lambda path: natural(path.name))


def _is_clip(path: Path) -> bool:
    if path.is_dir():
        return any(item.suffix.lower() in PICTURES and item.name[0] != "." for item in path.iterdir())
    return path.suffix.lower() in FILMS


def stem(clip: Path) -> str:
    """The name that a clip and its caption share."""
    return clip.name if clip.is_dir() else clip.stem


def listed(names: Sequence[str]) -> str:
    """The first ten names, then how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def counted(names: Sequence[str], thing: str = "clip") -> str:
    """`2 clips`, `1 clip`."""
    return f"{len(names)} {thing}" + ("" if len(names) == 1 else "s")
