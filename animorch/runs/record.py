"""Record: what happened to one point. The truth that MLflow is a projection of."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from animorch.place import write_text
from animorch.runs.names import RECORD
from animorch.spec.model import Frozen

Status = Literal["finished", "failed"]


class FileFact(Frozen):
    """What a file was when the point finished."""

    bytes: int
    sha256: str


class Record(Frozen):
    """One point's outcome, as record.json holds it."""

    status: Status
    point_key: str
    render_key: str
    coordinates: dict[str, str] = Field({}, description="Axis to the label of this point's value.")
    started: datetime
    finished: datetime
    seconds: dict[str, float] = Field({}, description="Stage to wall-clock seconds.")
    rendered: bool = Field(description="False when the frames came from the store.")
    environment: dict[str, str] = Field({}, description="Versions and device.")
    weights: dict[str, str] = Field({}, description="Weight to its content name.")
    moved: dict[str, Any] = Field({}, description="Settings taken from motion.recommends or a workflow.")
    metrics: dict[str, float] = Field({}, description="Scalars; series are in metrics.json.")
    files: dict[str, FileFact] = Field({}, description="Path in the folder to what it was.")
    error: str | None = Field(None, description="The sentence of a failed point.")

    def save(self, folder: Path) -> None:
        write_text(folder / RECORD, self.model_dump_json(indent=2))


def read_record(folder: Path) -> Record | None:
    """The record in a run's folder; None when it is absent or unreadable."""
    try:
        return Record.model_validate_json((folder / RECORD).read_bytes())
    except (OSError, ValidationError):
        return None


def facts(folder: Path) -> dict[str, FileFact]:
    """Size and hash of every file under the folder, the record itself left out."""
    return {
        path.relative_to(folder).as_posix(): FileFact(bytes=path.stat().st_size, sha256=file_hash(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != RECORD
    }


def record_of(folder: Path, point_key: str) -> Record | None:
    """The record in a run's folder, if it is of this point."""
    record = read_record(folder)
    return record if record is not None and record.point_key == point_key else None


def verified(folder: Path, point_key: str) -> Record | None:
    """The point's record, if it says finished and every file it lists is there, byte for byte."""
    record = record_of(folder, point_key)
    if record is None or record.status != "finished" or not record.files:
        return None
    intact = all(
        (folder / name).is_file()
        and (folder / name).stat().st_size == fact.bytes
        and file_hash(folder / name) == fact.sha256
        for name, fact in record.files.items()
    )
    return record if intact else None


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex characters."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
