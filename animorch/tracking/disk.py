"""Disk: what a sweep's folder says happened, read without mlflow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from animorch.runs.names import GRID, JOURNAL, PLAN, RECORD, SHEET, VIEWER
from animorch.runs.record import Record, file_hash, read_record
from animorch.runs.sweep import PlannedPoint, SweepPlan

FORM = 2  # raise it when the same record comes to be sent as something else
ARTIFACTS = (GRID, SHEET, VIEWER, PLAN)  # the sweep's own, beside the journal


@dataclass(frozen=True)
class Point:
    """A planned point with its record."""

    key: str
    planned: PlannedPoint
    folder: Path
    record: Record
    digest: str  # of the record's bytes


class Disk:
    """Reads a sweep's folder; a record is read again only when its file has changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[Path, tuple[tuple[int, int, int], Point | None]] = {}

    def points(self, plan: SweepPlan) -> dict[str, Point]:
        """Point key to every planned point that has a record of its own."""
        return {point.key: point for point in self._points(plan)}

    def _points(self, plan: SweepPlan) -> Iterator[Point]:
        for planned in plan.points:
            if planned.state == "planned" and planned.folder and planned.point_key:
                point = self._point(planned, planned.point_key, self.folder / planned.folder)
                if point is not None:
                    yield point

    def _point(self, planned: PlannedPoint, key: str, folder: Path) -> Point | None:
        try:
            stat = (folder / RECORD).stat()
        except OSError:
            return None
        stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        seen = self._seen.get(folder)
        if seen is None or seen[0] != stamp:
            seen = self._seen[folder] = (stamp, _read(planned, key, folder))
        return seen[1]


def _read(planned: PlannedPoint, key: str, folder: Path) -> Point | None:
    """None for a torn record, and for one of another point: never a wrong clip under this name."""
    try:
        digest = f"{FORM}-{hashlib.sha256((folder / RECORD).read_bytes()).hexdigest()}"
    except OSError:
        return None
    record = read_record(folder)
    return Point(key, planned, folder, record, digest) if record and record.point_key == key else None


def counts(plan: SweepPlan, points: Mapping[str, Point]) -> dict[str, int]:
    """How many planned points finished, failed, or have no record."""
    keys = [planned.point_key for planned in plan.points if planned.state == "planned"]
    states = [points[key].record.status if key in points else "missing" for key in keys if key]
    return {state: states.count(state) for state in ("finished", "failed", "missing")}


def status(plan: SweepPlan, points: Mapping[str, Point]) -> str:
    """The sweep's outcome in MLflow's word."""
    count = counts(plan, points)
    return "KILLED" if count["missing"] else "FAILED" if count["failed"] else "FINISHED"


def artifacts(folder: Path) -> dict[str, str]:
    """Hash of each of the sweep's files that is there.

    The journal is left out: every command adds a line, and none of them alone is worth an upload.
    """
    return {name: file_hash(folder / name) for name in ARTIFACTS if (folder / name).is_file()}


def journal_path(folder: Path) -> Path:
    """The journal, which goes up with whatever else has changed."""
    return folder / JOURNAL
