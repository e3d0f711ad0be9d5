"""Store: every rendered clip's lossless frames by render key, shared by all sweeps of a runs folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from filelock import FileLock
from pydantic import Field, ValidationError

from animorch.place import write_text
from animorch.runs.names import FRAMES, RENDER, STAGE, STORE
from animorch.runs.record import file_hash
from animorch.spec.model import Frozen


class Rendered(Frozen):
    """What render.json holds beside the frames."""

    render_key: str
    backend: str
    seconds: float = Field(description="Wall-clock seconds of the render.")
    work: float = Field(description="UNet calls x frames x megapixels, for predictions.")
    finished: datetime
    environment: dict[str, str] = Field({}, description="What the backend says of itself.")
    weights: dict[str, str] = Field({}, description="Weight to its content name.")
    attachments: tuple[str, ...] = Field((), description="Files beside the frames: what a server was sent.")
    bytes: int
    sha256: str = Field(description="Of frames.mkv.")
    frames_sha256: str = Field(description="Of the raw frames, uint8 T x H x W x 3.")


class Kept(Frozen):
    """What stage.json holds beside the frames that slow post-steps made."""

    key: str
    step: str = Field(description="The last post-step.")
    fps: float
    sha256: str = Field(description="Of frames.mkv.")


class Store:
    """runs/store/<ab>/<render key>/ with frames.mkv and render.json; entries appear whole.

    Frames after slow post-steps lie there too, with stage.json instead.
    """

    def __init__(self, runs: Path) -> None:
        self._root = runs / STORE

    def folder(self, key: str) -> Path:
        return self._root / key[:2] / key

    def has(self, key: str) -> bool:
        """Whether an entry is there, by name and size; `frames` verifies it byte for byte."""
        fact = self.fact(key)
        frames = self.folder(key) / FRAMES
        return fact is not None and frames.is_file() and frames.stat().st_size == fact.bytes

    def frames(self, key: str) -> Path | None:
        """The verified frames of a key; None when absent or damaged."""
        fact = self.fact(key)
        path = self.folder(key) / FRAMES
        whole = fact is not None and self.has(key) and file_hash(path) == fact.sha256
        return path if whole else None

    def kept(self, key: str) -> Kept | None:
        """The facts of a post-step's frames, verified; None when absent or damaged."""
        folder = self.folder(key)
        try:
            fact = Kept.model_validate_json((folder / STAGE).read_bytes())
            return fact if file_hash(folder / FRAMES) == fact.sha256 else None
        except (OSError, ValidationError):
            return None

    @staticmethod
    def keep(folder: Path, key: str, fps: float, step: str) -> None:
        """Say what the frames in a folder are."""
        fact = Kept(key=key, step=step, fps=fps, sha256=file_hash(folder / FRAMES))
        write_text(folder / STAGE, fact.model_dump_json(indent=2))

    def lock(self, key: str) -> FileLock:
        """Held while a key is looked for and rendered, so that two processes do not render it twice."""
        folder = self.folder(key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(folder.with_suffix(".lock"))

    def fact(self, key: str) -> Rendered | None:
        return _read(self.folder(key) / RENDER)

    def newest(self, count: int) -> list[Rendered]:
        """Facts of the entries rendered last."""
        paths = sorted(self._root.glob(f"*/*/{RENDER}"), key=lambda path: path.stat().st_mtime)[-count:]
        return [fact for fact in map(_read, paths) if fact is not None]

    @staticmethod
    def save(folder: Path, fact: Rendered) -> None:
        write_text(folder / RENDER, fact.model_dump_json(indent=2))


def _read(path: Path) -> Rendered | None:
    try:
        return Rendered.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
