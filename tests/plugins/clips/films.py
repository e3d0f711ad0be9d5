"""Films whose every frame says its own number."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from animorch import Clip
from animorch.media import encode

STEP = 4  # grey levels from a frame to the next


def film(path: Path, frames: int = 20, fps: float = 8.0, width: int = 32, height: int = 24) -> Path:
    """Frame n is grey STEP * n, white where it is left of the middle third in the top half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = np.arange(frames, dtype=np.uint8)[:, None, None, None] * np.full(
        (height, width, 3), STEP, np.uint8
    )
    pictures[:, : height // 2, : width // 3] = 255
    encode(Clip(pictures, fps), path, {}, "best")
    return path


def pictures(folder: Path, frames: int = 20) -> Path:
    """A folder of numbered frames, frame10 before frame9 in the alphabet's eyes."""
    from PIL import Image

    folder.mkdir(parents=True)
    for number in range(frames):
        Image.new("RGB", (32, 24), (STEP * number,) * 3).save(folder / f"frame{number}.png")
    return folder


def numbers(frames: np.ndarray) -> list[int]:  # type: ignore[type-arg]
    """Which frames these are."""
    return [round(float(frame[-1].mean()) / STEP) for frame in frames]


def captioned(folder: Path, *names: str, frames: int = 20) -> Path:
    """Films with NAME.txt beside each."""
    for name in names:
        path = film(folder / name, frames)
        path.with_suffix(".txt").write_text(f"a {path.stem}\n")
    return folder
