"""Child: one point's record as one MLflow run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from animorch.runs.names import EXPERIMENT, FINAL, FRAMES
from animorch.runs.sweep import SweepPlan
from animorch.tracking import inputs, note, pictures
from animorch.tracking.disk import Point
from animorch.tracking.measures import Measurement, measurements, unbounded
from animorch.tracking.names import KEY_LIMIT, PARAM_LIMIT, legal, tag_value
from animorch.tracking.params import Params, params
from animorch.tracking.store import Store

SWEEP, POINT, RECORD = "animorch.sweep_key", "animorch.point_key", "animorch.record"
PARENT, _ERROR, _IMAGES = "mlflow.parentRunId", "animorch.error", "mlflow.loggedImages"
_KEPT_BACK = frozenset({FRAMES, FINAL})  # lossless and large: they stay in the runs folder


def send(
    store: Store, experiment: str, parent: str, plan: SweepPlan, point: Point, run_id: str | None
) -> str:
    """Make the point's run, or bring it in line with a changed record; the run's id."""
    run = store.client.get_run(run_id) if run_id else _create(store, experiment, parent, plan, point)
    run_id = str(run.info.run_id)
    if run.info.status != "RUNNING":  # its record tag counts as sent only once it has ended again
        store.client.update_run(run_id, status="RUNNING")
    _log(store, run, plan, parent, point)
    _upload(store, run, point)
    ended = "FINISHED" if point.record.status == "finished" else "FAILED"
    store.client.set_terminated(run_id, ended, ms(point.record.finished))
    return run_id


def ms(time: datetime) -> int:
    """MLflow's time: milliseconds since 1970."""
    return round(time.timestamp() * 1000)


def _create(store: Store, experiment: str, parent: str, plan: SweepPlan, point: Point) -> Any:
    """The keys are tags from the first moment, so a crash right after leaves a run that is found again."""
    return store.client.create_run(
        experiment,
        start_time=ms(point.record.started),
        tags={SWEEP: plan.key, POINT: point.key, PARENT: parent},
        run_name=point.planned.label[:KEY_LIMIT],
    )


def _log(store: Store, run: Any, plan: SweepPlan, parent: str, point: Point) -> None:
    fields = experiment_of(point.folder)
    found = params(fields)
    fresh, changed = split(_axes(point) | found.values, run.data.params)
    tags = _tags(plan, parent, point, fields) | changed
    tags |= note.fresh(note.of_point(run.info.run_id, point), run.data.tags)
    numbers = list(measurements(point.record, point.folder))
    if run.data.metrics and run.info.end_time != ms(point.record.finished):
        numbers = list(_unlike(store, run, numbers))
    store.log(run.info.run_id, numbers, fresh, tags, ms(point.record.finished))
    if point.record.error is None and _ERROR in run.data.tags:
        store.client.delete_tag(run.info.run_id, _ERROR)
    _spill(store, run.info.run_id, found)
    store.link(run.info.run_id, inputs.prompt(fields))


def _axes(point: Point) -> dict[str, str]:
    """Each axis as a param of its name, also one that is no setting by itself (named values)."""
    return {legal(axis): label[:PARAM_LIMIT] for axis, label in point.planned.coordinates.items()}


def experiment_of(folder: Path) -> dict[str, Any]:
    """experiment.json as plain data; empty when it is absent or torn."""
    try:
        found = json.loads((folder / EXPERIMENT).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def split(wanted: Mapping[str, str], there: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Params to log, and tags for those whose value changed: MLflow never lets a param be logged again."""
    fresh = {key: value for key, value in wanted.items() if key not in there}
    changed = {
        legal(f"changed.{key}"): tag_value(value)
        for key, value in wanted.items()
        if key in there and there[key] != value
    }
    return fresh, changed


def _tags(plan: SweepPlan, parent: str, point: Point, fields: Mapping[str, Any]) -> dict[str, str]:
    record = point.record
    tags = {
        SWEEP: plan.key,
        PARENT: parent,
        RECORD: point.digest,
        "animorch.render_key": record.render_key,
        "animorch.version": plan.animorch,
        "animorch.status": record.status,
        "animorch.rendered": str(record.rendered).lower(),
        "animorch.backend": str((fields.get("backend") or {}).get("name", "unknown")),
        "animorch.folder": point.folder.name,
        "mlflow.source.name": "animorch",
    }
    tags |= {f"axis.{axis}": label for axis, label in point.planned.coordinates.items()}
    tags |= {f"env.{key}": value for key, value in record.environment.items()}
    tags |= {f"metric.{key}": value for key, value in unbounded(record, point.folder).items()}
    if record.error is not None:
        tags[_ERROR] = record.error
    return {legal(key): tag_value(value) for key, value in tags.items()}


def _unlike(store: Store, run: Any, numbers: Iterable[Measurement]) -> Iterator[Measurement]:
    """Numbers the run does not show yet: a point made again mostly gives the same ones."""
    shown: dict[str, dict[int, float]] = {}
    for number in numbers:
        if number.key in run.data.metrics and number.key not in shown:
            history = store.client.get_metric_history(run.info.run_id, number.key)
            ordered = sorted(history, key=lambda metric: metric.timestamp)
            shown[number.key] = {metric.step: metric.value for metric in ordered}
        if shown.get(number.key, {}).get(number.step) != number.value:
            yield number


def _spill(store: Store, run_id: str, found: Params) -> None:
    for path, text in found.spilled.items():
        store.client.log_text(run_id, text, path)


def _upload(store: Store, run: Any, point: Point) -> None:
    """Files of the point's folder; folders in it (frames as PNG) stay where they are."""
    for path in sorted(point.folder.iterdir()):
        if path.is_file() and path.name not in _KEPT_BACK and not path.name.startswith("."):
            store.client.log_artifact(run.info.run_id, str(path))
    if point.record.status == "finished":
        pictures.preview(store, run.info.run_id, point.folder)
        if _IMAGES not in run.data.tags:  # sent twice they would show twice
            pictures.show(store, run.info.run_id, point.folder)
