"""A training's folder read back: its record, its options and its losses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from animorch.place import write_text
from animorch.plugin import Preset
from animorch.runs.names import CONFIG, LOSSES, RECORD, TRAINING
from animorch.spec.model import Frozen

State = Literal["running", "finished", "failed", "interrupted"]


class TrainingRecord(Frozen):
    """What became of a training, as record.json holds it; written when it begins and when it ends."""

    key: str = Field(description="Made when the training began from nothing; MLflow's run carries it.")
    name: str
    mode: str
    version: str = Field(description="The trainer's.")
    state: State
    command: tuple[str, ...] = Field(description="The words that it went on with last.")
    step: int = Field(0, description="Steps done.")
    total: int | None = Field(None, description="Steps asked for; null before the first.")
    started: datetime
    ended: datetime | None = None
    seconds: float = Field(0.0, description="Wall-clock time of all sittings that ended by themselves.")
    sittings: int = Field(1, description="How often it was begun or gone on with.")
    environment: dict[str, str] = Field({}, description="Versions and platform.")
    presets: tuple[Preset, ...] = Field((), description="What it made.")
    error: str | None = Field(None, description="The sentence of a failed training.")

    def save(self, folder: Path) -> None:
        write_text(folder / RECORD, self.model_dump_json(indent=2))


def training_folders(runs: Path) -> list[Path]:
    """Every training under a runs folder, oldest first."""
    records = sorted(runs.glob(f"{TRAINING}/*/{RECORD}"), key=lambda path: path.stat().st_mtime)
    return [path.parent for path in records]


def read_training(folder: Path) -> TrainingRecord | None:
    """The record in a training's folder; None when it is absent or unreadable."""
    try:
        return TrainingRecord.model_validate_json((folder / RECORD).read_bytes())
    except (OSError, ValidationError):
        return None


def read_options(folder: Path) -> dict[str, Any] | None:
    """The mode and options of config.yaml; None when it is absent or unreadable."""
    try:
        found = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    return found if isinstance(found, dict) else None


def read_losses(folder: Path) -> Iterator[dict[str, Any]]:
    """Every whole line of losses.jsonl; one torn by a crash is passed over."""
    try:
        lines = (folder / LOSSES).read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for text in lines:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and isinstance(line.get("step"), int):
            yield line
