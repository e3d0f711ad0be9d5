"""Cell: what is known of one point's clip before it is drawn."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from animorch.errors import MediaError
from animorch.media import Probe, decode, probe
from animorch.runs.names import EXPERIMENT, FINAL, FRAMES
from animorch.runs.record import read_record
from animorch.runs.sweep import PlannedPoint

CellState = Literal["clip", "failed", "unreadable", "excluded", "invalid", "missing"]


@dataclass(frozen=True)
class Cell:
    """A clip to show, or the state and reason to show in its place. Sizes in pixels."""

    state: CellState
    reason: str = ""
    path: Path | None = None
    width: int = 0
    height: int = 0
    frames: int = 0
    fps: float = 1.0
    wrong: bool = False  # the stored clip is not the one that the plan asks for

    @property
    def seconds(self) -> float:
        return self.frames / self.fps


def look(folder: Path, point: PlannedPoint, fps: float) -> Cell:
    """The cell of one point of the sweep in `folder`; fps where its experiment does not say."""
    if point.state != "planned":
        return Cell(point.state, point.reason or "")
    home = folder / (point.folder or "")
    record = read_record(home) if point.folder else None
    if record is None:
        return Cell("missing", "not rendered yet")
    if record.status == "failed":
        return Cell("failed", record.error or "no reason was recorded")
    path = shown_file(home)
    if path is None:
        return Cell("missing", f"{FRAMES} is no longer in {home.name}")
    cell = _clip(home, path, point, fps)
    return replace(cell, wrong=True) if record.point_key != point.point_key else cell


def shown_file(home: Path) -> Path | None:
    """The lossless frames of a finished point, after its post-steps."""
    return next((home / name for name in (FINAL, FRAMES) if (home / name).exists()), None)


def _clip(home: Path, path: Path, point: PlannedPoint, fps: float) -> Cell:
    try:
        facts = probe(path)
        frames = len(decode(path)) if facts.frames is None else facts.frames
        wrong = not _is_proven(home, path, facts, point)
    except MediaError as error:
        return Cell("unreadable", str(error))
    rate = _own_rate(home) or fps
    return Cell("clip", "", path, facts.width, facts.height, frames, rate, wrong)


def _is_proven(home: Path, path: Path, facts: Probe, point: PlannedPoint) -> bool:
    """Every stored file that names a render names this one, at least one does, and so for the point."""
    held = [facts.metadata]
    if path.name == FINAL and (home / FRAMES).exists():
        held.append(probe(home / FRAMES).metadata)
    named = [metadata["render_key"] for metadata in held if metadata and "render_key" in metadata]
    owner = (facts.metadata or {}).get("point_key", point.point_key)
    return bool(named) and all(name == point.render_key for name in named) and owner == point.point_key


def _own_rate(home: Path) -> float | None:
    """output.fps of the point's experiment.json, frames per second."""
    try:
        rate = float(json.loads((home / EXPERIMENT).read_text(encoding="utf-8"))["output"]["fps"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return rate if rate > 0 else None
