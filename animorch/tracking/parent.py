"""Parent: a whole sweep as one MLflow run, over the children of its points."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from animorch.runs.names import PLAN
from animorch.runs.sweep import SweepPlan, read_journal
from animorch.tracking import note
from animorch.tracking.child import SWEEP, ms, split
from animorch.tracking.disk import Point, artifacts, counts, journal_path, status
from animorch.tracking.ledger import Ledger
from animorch.tracking.measures import Measurement
from animorch.tracking.params import Params, params
from animorch.tracking.store import Store

Points = Mapping[str, Point]


def create(store: Store, experiment: str, folder: Path, plan: SweepPlan, points: Points) -> Any:
    """A RUNNING run that is found again by the sweep's key."""
    return store.client.create_run(
        experiment,
        start_time=_began(folder, points),
        tags={
            SWEEP: plan.key,
            "animorch.version": plan.animorch,
            "mlflow.source.name": "animorch",
        },
        run_name=f"{plan.name} {plan.key[:10]}",
    )


def settle(store: Store, run: Any, plan: SweepPlan) -> None:
    """Log the sweep's params that the run lacks; a changed one becomes a tag."""
    found = _params(plan)
    fresh, changed = split(found.values, run.data.params)
    changed = {key: value for key, value in changed.items() if run.data.tags.get(key) != value}
    if note.NOTE not in run.data.tags:  # its picture comes when the sweep has ended
        changed |= note.fresh(note.of_sweep(run.info.run_id, plan, ()), run.data.tags)
    store.log(run.info.run_id, [], fresh, changed, at=0)
    if fresh:
        for path, text in found.spilled.items():
            store.client.log_text(run.info.run_id, text, path)


def _params(plan: SweepPlan) -> Params:
    planned = sum(point.state == "planned" for point in plan.points)
    axes = {axis.name: ", ".join(axis.values) for axis in plan.axes}
    own = {
        "command": shlex.join(plan.command),
        "points": planned,
        "left_out": len(plan.points) - planned,
        "axes": ", ".join(axes) or "none",
    }
    return params(own | {f"axis.{name}": values for name, values in axes.items()})


def close(store: Store, folder: Path, plan: SweepPlan, points: Points, ledger: Ledger, news: bool) -> None:
    """The sweep's files, summary and end, unless the run has them; the ledger follows."""
    ended, files = status(plan, points), artifacts(folder)
    if not news and ledger.status == ended and ledger.artifacts == files:
        return
    changed = [folder / name for name, digest in files.items() if ledger.artifacts.get(name) != digest]
    for path in [*changed, journal_path(folder)]:
        if path.is_file():
            store.client.log_artifact(ledger.parent, str(path))
    at = max((ms(point.record.finished) for point in points.values()), default=_began(folder, points))
    summary = [Measurement(f"points.{state}", count) for state, count in counts(plan, points).items()]
    tags = store.client.get_run(ledger.parent).data.tags
    described = note.fresh(note.of_sweep(str(ledger.parent), plan, files), tags)
    store.log(str(ledger.parent), summary, {}, described, at)
    store.client.set_terminated(ledger.parent, ended, at)
    ledger.status, ledger.artifacts = ended, files


def _began(folder: Path, points: Points) -> int:
    """When the sweep began: its first journal line, else its first record, else its plan's file."""
    for line in read_journal(folder):
        try:
            return ms(datetime.fromisoformat(line["time"]))
        except (KeyError, TypeError, ValueError):
            break
    starts = [point.record.started for point in points.values()]
    return ms(min(starts, default=datetime.fromtimestamp((folder / PLAN).stat().st_mtime, UTC)))
