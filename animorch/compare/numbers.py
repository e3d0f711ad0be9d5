"""Numbers: the measured values that stand under the cells of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from animorch.errors import UsageError
from animorch.runs.measured import scalars
from animorch.runs.record import record_of
from animorch.runs.sweep import PlannedPoint, SweepPlan

Lines = tuple[tuple[str, str], ...]  # name and value of each metric asked for


def numbers(folder: Path, plan: SweepPlan, metrics: Sequence[str]) -> list[Lines]:
    """For each point of the plan its lines, empty where it has no record.

    Raises UsageError when no point has one of the metrics.
    """
    if not metrics:
        return [()] * len(plan.points)
    found = [_of(folder, point) for point in plan.points]
    known = sorted({key for values in found for key in values})
    for name in metrics:
        if name not in known:
            raise UsageError(
                f"no clip of {folder} was measured with {name}; measured: {', '.join(known) or 'nothing yet'}"
            )
    return [tuple((name, _shown(values.get(name))) for name in metrics) if values else () for values in found]


def _of(folder: Path, point: PlannedPoint) -> dict[str, float]:
    home = folder / (point.folder or "")
    record = record_of(home, point.point_key) if point.folder and point.point_key else None
    return {} if record is None or record.status != "finished" else scalars(record, home)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
