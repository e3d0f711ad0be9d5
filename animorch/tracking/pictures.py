"""Pictures: what MLflow's pages can show of a clip: stills for its image grid, and a video that plays."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from animorch.clip import Clip
from animorch.errors import MediaError
from animorch.media import decode, encode, probe
from animorch.runs.names import FINAL, FRAMES, POSTER
from animorch.tracking.store import Store

_THUMB = 256  # pixels: as large as MLflow's image grid shows it
_SMALL, _VISIBLE = 160, 256  # pixels: MLflow shows a clip at its own size, so a smaller one is enlarged
_PLAYS = (".webm", ".gif", ".mov")  # besides mp4 of even size; MLflow 3.17 previews neither webp nor apng
PREVIEW = "preview.mp4"


def show(store: Store, run: str, folder: Path) -> None:
    """First, middle and last frame under keys of these names, for MLflow's Image Grid chart.

    A point without a readable clip shows its poster, if it has one, as its middle.
    """
    for key, image in _stills(folder).items():
        image.thumbnail((_THUMB, _THUMB))
        store.client.log_image(run, image, key=key, step=0, synchronous=True)


def _stills(folder: Path) -> dict[str, Any]:
    from PIL import Image

    clip = _clip(folder)
    if clip is not None:
        places = {"first": 0, "middle": len(clip) // 2, "last": len(clip) - 1}
        return {key: Image.fromarray(clip.frames[place]) for key, place in places.items()}
    if not (folder / POSTER).is_file():
        return {}
    with Image.open(folder / POSTER) as image:
        return {"middle": image.convert("RGB")}


def preview(store: Store, run: str, folder: Path) -> None:
    """Send preview.mp4 (H.264, yuv420p) where no file of the point plays well in MLflow's pages."""
    if any(_plays(path) for path in folder.iterdir()) or (clip := _clip(folder)) is None:
        return
    with tempfile.TemporaryDirectory() as place:
        encode(_shown(clip), Path(place) / PREVIEW, {})
        store.client.log_artifact(run, str(Path(place) / PREVIEW))


def _plays(path: Path) -> bool:
    if path.suffix != ".mp4":
        return path.suffix in _PLAYS
    try:
        facts = probe(path)
    except MediaError:
        return True  # not ours to judge: it goes up as it is
    even = facts.width % 2 == facts.height % 2 == 0  # else it is yuv444p, which not every browser plays
    return even and max(facts.width, facts.height) >= _SMALL


def _shown(clip: Clip) -> Clip:
    """The clip, a tiny one whole times larger, its last column and row doubled where their number is odd."""
    import numpy as np

    longest = max(clip.width, clip.height)
    times = -(-_VISIBLE // longest) if longest < _SMALL else 1
    frames = clip.frames.repeat(times, axis=1).repeat(times, axis=2)
    odd = ((0, 0), (0, frames.shape[1] % 2), (0, frames.shape[2] % 2), (0, 0))
    return Clip(np.pad(frames, odd, mode="edge"), clip.fps)


def _clip(folder: Path) -> Clip | None:
    path = next((folder / name for name in (FINAL, FRAMES) if (folder / name).is_file()), None)
    try:
        return None if path is None else decode(path)
    except MediaError:
        return None
