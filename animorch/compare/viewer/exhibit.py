"""Exhibit: one point of a sweep with everything that the page says of it, read from its folder."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from animorch.compare.cell import Cell, look
from animorch.runs.names import EXPERIMENT, LOG, METRICS
from animorch.runs.record import Record, read_record
from animorch.runs.sweep import PlannedPoint, SweepPlan

_TAIL = 1500  # letters of a failed point's log
_DIGITS = 5  # significant digits of a measured number


@dataclass(frozen=True)
class Exhibit:
    """A point, its clip or the reason why there is none, and its experiment (empty when it never ran)."""

    point: PlannedPoint
    cell: Cell
    home: Path
    experiment: dict[str, Any]

    def value(self, axis: str) -> str | None:
        """What the point has for an axis, its own or another sweep's; None when nothing says."""
        if axis in self.point.coordinates:
            return self.point.coordinates[axis]
        found: Any = self.experiment
        for part in axis.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return self._asked(axis) if found is None else _label(found)

    def _asked(self, axis: str) -> str | None:
        words = [word for word in self.point.overrides if word.startswith(f"{axis}=")]
        return words[-1].split("=", 1)[1].strip("\"'") if words else None

    def facts(self) -> dict[str, Any]:
        """What page.json holds of the point, its pictures left out. Seconds, frames and pixels."""
        cell, point = self.cell, self.point
        record = read_record(self.home) if point.folder else None
        return {
            "label": point.label,
            "state": cell.state,
            "wrong": cell.wrong,
            "reason": cell.reason,
            "folder": point.folder or "",
            "point_key": point.point_key or "",
            "render_key": point.render_key or "",
            "frames": cell.frames,
            "fps": cell.fps,
            "width": cell.width,
            "height": cell.height,
            "prompt": self.experiment.get("prompt", ""),
            "overrides": list(point.overrides),
            "command": shlex.join(["animorch", *point.overrides]),
            "config": self.experiment,
            "metrics": _rounded(_json(self.home / METRICS)) if point.folder else {},
            **_outcome(record, self.home),
        }


def exhibits(folder: Path, plan: SweepPlan, points: list[Cell] | None = None) -> list[Exhibit]:
    """Every point of the sweep in `folder`, in the plan's order; points: their cells, when known."""
    cells = points or [look(folder, point, plan.fps) for point in plan.points]
    return [
        Exhibit(point, cell, home := folder / (point.folder or ""), _experiment(home, point))
        for point, cell in zip(plan.points, cells, strict=True)
    ]


def _experiment(home: Path, point: PlannedPoint) -> dict[str, Any]:
    return _json(home / EXPERIMENT) if point.folder else {}


def _outcome(record: Record | None, home: Path) -> dict[str, Any]:
    if record is None:
        return {"seconds": {}, "rendered": None, "finished": "", "environment": {}, "log": ""}
    return {
        "seconds": record.seconds,
        "rendered": record.rendered,
        "finished": record.finished.isoformat(timespec="seconds"),
        "environment": record.environment,
        "log": _tail(home / LOG) if record.status == "failed" else "",
    }


def _tail(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-_TAIL:]
    except OSError:
        return ""


def _json(path: Path) -> dict[str, Any]:
    """A JSON object of a file; empty when it is absent or no object: the page shows what is there."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _rounded(value: Any) -> Any:
    """The same with every float cut to what can be read; JSON has no NaN, so it becomes null."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if abs(value) < float("inf") else None
    return value


def _label(value: Any) -> str:
    """A value as an axis writes it: a choice by its name, 7.0 as 7."""
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return str(value["name"])
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
