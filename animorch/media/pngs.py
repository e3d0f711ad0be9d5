"""A folder of numbered PNG frames: lossless, and open to any other program."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from animorch.clip import Clip
from animorch.errors import MediaError
from animorch.media.apng import COUNT, FPS, texts, with_texts
from animorch.media.stream import Stream

_EFFORT = {"draft": 1, "good": 4, "best": 9}


def write(stream: Stream, path: Path, text: str, quality: str) -> None:
    """Fill the folder with 0000.png, 0001.png …; the first carries the metadata."""
    path.mkdir()
    digits = max(4, len(str(stream.count - 1)))
    for place, frame in enumerate(stream):
        data = _png(frame, _EFFORT[quality])
        if place == 0:
            data = with_texts(data, texts(stream, text))
        (path / f"{place:0{digits}}.png").write_bytes(data)


def _png(frame: object, effort: int) -> bytes:
    from PIL import Image

    held = BytesIO()
    Image.fromarray(frame).save(held, "png", compress_level=effort)  # type: ignore[arg-type]
    return held.getvalue()


def files(path: Path) -> list[Path]:
    """The folder's frames in order; raises MediaError when there are none or one is missing."""
    found = sorted(
        (file for file in path.glob("*.png") if file.stem.isdigit()), key=lambda file: int(file.stem)
    )
    if not found or [int(file.stem) for file in found] != list(range(len(found))):
        raise MediaError(
            f"the folder {path} should hold frames 0000.png, 0001.png and so on without a gap; "
            f"found {len(found)} numbered PNG files; render it again"
        )
    return found


def read(path: Path) -> Clip:
    """Every frame, at the rate the first one carries."""
    import numpy as np
    from PIL import Image

    pictures = []
    carried: dict[str | tuple[int, int], str] = {}
    for file in files(path):
        with Image.open(file) as image:
            carried = carried or dict(image.info)
            pictures.append(np.asarray(image.convert("RGB")))
    if int(carried.get(COUNT, len(pictures))) != len(pictures):
        raise MediaError(
            f"{path} should hold {carried[COUNT]} frames and holds {len(pictures)}; render it again"
        )
    return Clip(np.stack(pictures), float(carried.get(FPS, Clip.fps)))
