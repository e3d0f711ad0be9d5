"""Todo: which points a command makes, and which stand already. Plan and render ask the same."""

from __future__ import annotations

from dataclasses import dataclass

from animorch.errors import UsageError
from animorch.runs.record import Record, record_of, verified
from animorch.sweep.expression import holds
from animorch.sweep.plan import Plan
from animorch.sweep.point import Point


@dataclass(frozen=True)
class Todo:
    """Points to make, in the order that swaps least, and the records of those that stand."""

    make: tuple[Point, ...]
    kept: dict[str, Record]  # by point key

    @property
    def chosen(self) -> int:
        return len(self.make) + len(self.kept)


def todo(plan: Plan) -> Todo:
    """What is left of a plan under `only`, `force` and `retry_failed`; UsageError when `only` is of none."""
    make, kept = [], {}
    for point in _chosen(plan):
        record = _standing(plan, point)
        if record is None:
            make.append(point)
        else:
            kept[point.point_key] = record
    return Todo(tuple(make), kept)


def _standing(plan: Plan, point: Point) -> Record | None:
    if plan.settings.force:
        return None
    folder = plan.folder / point.folder
    record = verified(folder, point.point_key)
    if record is None and not plan.settings.retry_failed:
        last = record_of(folder, point.point_key)
        return last if last is not None and last.status == "failed" else None
    return record


def _chosen(plan: Plan) -> list[Point]:
    only, points = plan.settings.only, plan.ordered
    if only is None:
        return points
    if isinstance(only, str):
        found = [p for p in points if p.experiment and holds(only, p.experiment, p.coordinates)]
    else:
        numbers = (only,) if isinstance(only, int) else only
        keys = {point.point_key for place, point in enumerate(plan.points, 1) if place in numbers}
        found = [point for point in points if point.point_key in keys]
    if not found:
        raise UsageError(f"only={only} matches none of the {len(plan.points)} points; see `animorch plan`")
    return found
