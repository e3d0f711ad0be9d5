"""Sweep folders made by hand, as a run would leave them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from animorch import Clip
from animorch.media import encode
from animorch.runs.record import Record
from animorch.runs.sweep import PlannedAxis, PlannedPoint, SweepPlan

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def plan_of(axes: Mapping[str, list[str]], fps: float = 8, **changes: dict[str, Any]) -> SweepPlan:
    """A plan of every combination; changes: fields of the points named cell0, cell1 …"""
    points = []
    for number, values in enumerate(product(*axes.values())):
        fields = {"state": "planned", "folder": f"cell{number}"}
        fields |= {"point_key": f"point{number}", "render_key": f"render{number}"}
        fields |= changes.get(f"cell{number}", {})
        points.append(PlannedPoint(coordinates=dict(zip(axes, values, strict=True)), **fields))
    return SweepPlan(
        name="cats",
        key="5weep",
        command=("animorch", "-m"),
        axes=tuple(PlannedAxis(name=name, values=tuple(values)) for name, values in axes.items()),
        points=tuple(points),
        fps=fps,
        animorch="0",
    )


def finish(
    folder: Path, point: PlannedPoint, clip: Clip, key: str | None = None, fps: float | None = None
) -> Path:
    """What a finished point leaves; key: a render key other than the planned one."""
    home = record(folder, point, "finished")
    encode(clip, home / "frames.mkv", {"render_key": key or point.render_key})
    if fps is not None:
        (home / "experiment.json").write_text(json.dumps({"output": {"fps": fps}}))
    return home


def record(folder: Path, point: PlannedPoint, status: str, error: str | None = None) -> Path:
    home = folder / str(point.folder)
    home.mkdir(parents=True, exist_ok=True)
    keys = {"point_key": point.point_key or "", "render_key": point.render_key or ""}
    facts = {"started": NOW, "finished": NOW, "rendered": True, "error": error}
    Record(status=status, **keys, **facts).save(home)  # type: ignore[arg-type]
    return home


def finish_all(folder: Path, plan: SweepPlan, clip_of: Callable[[int], Clip]) -> None:
    for number, point in enumerate(plan.points):
        if point.state == "planned":
            finish(folder, point, clip_of(number))


def colour(number: int) -> tuple[int, int, int]:
    """A lively colour of its own, well apart from the neighbours' and from all that a grid is drawn in."""
    return 60 + number * 67 % 180, 150 + number * 31 % 90, 40 + number * 151 % 60


def flat(number: int, frames: int = 4, width: int = 64, height: int = 64, fps: float = 8) -> Clip:
    """A clip of one colour."""
    return Clip(np.broadcast_to(np.array(colour(number), np.uint8), (frames, height, width, 3)).copy(), fps)
