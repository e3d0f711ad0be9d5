"""Stages of a point: render, measure, post-steps, measure, encode, record. Each redone only when asked."""

from __future__ import annotations

import json
import platform
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

from animorch.clip import Clip
from animorch.errors import AnimorchError, BackendError, MetricError
from animorch.media import encode, poster
from animorch.plugin import Measures, Metric, Progress
from animorch.runs.files import link_or_copy, staged
from animorch.runs.names import EXPERIMENT, FINAL, FRAMES, LOG, METRICS, OVERRIDES, POSTER
from animorch.runs.record import Record, facts
from animorch.runs.store import Store
from animorch.spec.experiment import Choice, Experiment
from animorch.sweep.frames import frames_of
from animorch.sweep.logbook import Watch, log, log_file
from animorch.sweep.point import Point, chosen
from animorch.sweep.post import posted

_ONE_AT_A_TIME = Lock()  # metrics and post-steps are shared by lanes and need not be safe for threads
_NAMES = {"png": "frames.png", "av1": "clip.av1.mp4"}  # where the format's word is not the ending


def run_point(
    point: Point, folder: Path, runs: Path, progress: Progress, since: datetime | None = None
) -> Record:
    """Make the point's folder, whole and at once; a failure becomes a failed record, not an exception.

    Stored frames older than `since` are rendered again.
    """
    watch, started = Watch(), datetime.now(UTC)
    with staged(runs, folder) as fresh:
        outcome: dict[str, Any]
        with log_file(fresh / LOG):
            try:
                outcome = {"status": "finished", **_make(point, fresh, runs, progress, watch, since)}
            except Exception as error:
                outcome = {"status": "failed", "rendered": False, "error": _failure(error)}
        return _record(point, fresh, started, seconds=watch.seconds, **outcome)


def fail_point(point: Point, folder: Path, runs: Path, error: str) -> Record:
    """The folder of a point that failed outside of this process, with the sentence that says how."""
    with staged(runs, folder) as fresh:
        (fresh / LOG).write_text(f"{error}\n", encoding="utf-8")
        return _record(point, fresh, datetime.now(UTC), status="failed", rendered=False, error=error)


def _record(point: Point, folder: Path, started: datetime, **outcome: Any) -> Record:
    """Write what was asked and what became of it into a filled folder."""
    assert point.experiment is not None
    (folder / EXPERIMENT).write_text(point.experiment.model_dump_json(indent=2), encoding="utf-8")
    (folder / OVERRIDES).write_text("\n".join(point.overrides) + "\n", encoding="utf-8")
    record = Record(
        point_key=point.point_key,
        render_key=point.render_key,
        coordinates=dict(point.coordinates),
        started=started,
        finished=datetime.now(UTC),
        moved=point.experiment.moved,
        weights=dict(point.weights or {}),
        files=facts(folder),
        **outcome,
    )
    record.save(folder)
    return record


def _failure(error: Exception) -> str:
    """The sentence of a failed point; the traceback goes into its log."""
    log.error("failed: %s\n%s", error, traceback.format_exc())
    said = str(error) if isinstance(error, AnimorchError) else f"{type(error).__name__}: {error}"
    return " ".join(said.split())


def _make(
    point: Point, folder: Path, runs: Path, progress: Progress, watch: Watch, since: datetime | None
) -> dict[str, Any]:
    """Fill the folder with everything a finished point has; returns what its record says of it."""
    experiment = point.experiment
    assert experiment is not None
    clip, fact, fresh = frames_of(point, runs, progress, watch, since)
    stored = Store(runs).folder(point.render_key)
    for name in (FRAMES, *(name for name in fact.attachments if (stored / name).exists())):
        link_or_copy(stored / name, folder / name)
    with _ONE_AT_A_TIME:
        measured = _after_the_frames(point, folder, runs, clip, fresh, watch)
    return {
        "rendered": fresh,
        "environment": _environment() | fact.environment,
        "metrics": _scalars(measured),
    }


def _after_the_frames(
    point: Point, folder: Path, runs: Path, clip: Clip, fresh: bool, watch: Watch
) -> dict[str, Measures]:
    """Measure, post-steps, measure, encode; returns what was measured."""
    experiment = point.experiment
    assert experiment is not None
    measured = {}
    with watch.stage("metrics"):
        measured["final"] = _measure(experiment, clip)
    if experiment.post:
        with watch.stage("post"):
            clip = posted(point, clip, runs, again=fresh)
            encode(clip, folder / FINAL, _embedded(point))
        with watch.stage("metrics"):
            measured = {"before_post": measured["final"], "final": _measure(experiment, clip)}
    with watch.stage("encode"):
        _write_clips(point, clip, folder)
    (folder / METRICS).write_text(json.dumps(measured, indent=2), encoding="utf-8")
    return measured


def _measure(experiment: Experiment, clip: Clip) -> Measures:
    """Every metric's numbers; those of a metric under a key of its own carry that key in front."""
    found: Measures = {}
    for key, choice in experiment.metrics.items():
        measured = _measured(key, choice, clip, experiment)
        named = {name if key == choice.name else f"{key}.{name}": value for name, value in measured.items()}
        if twice := sorted(found.keys() & named.keys()):
            raise BackendError(
                f"metric {choice.name} measures {', '.join(twice)}, which another one does too; drop one"
            )
        found |= named
    return found


def _measured(key: str, choice: Choice, clip: Clip, experiment: Experiment) -> Measures:
    """One metric's numbers; none, and a sentence in the log, when it cannot measure here or this clip."""
    metric: Metric = chosen("metrics", choice)
    try:
        if missing := metric.preflight():
            raise MetricError("; ".join(missing))
        return metric.measure(clip, experiment.spec)
    except MetricError as error:
        log.warning("metric %s is left out: %s", key, error)
        return {}


def _write_clips(point: Point, clip: Clip, folder: Path) -> None:
    assert point.experiment is not None
    output = point.experiment.output
    for form in output.formats:
        encode(clip, folder / _NAMES.get(form, f"clip.{form}"), _embedded(point), output.quality)
    poster(clip, folder / POSTER)


def _embedded(point: Point) -> dict[str, Any]:
    """What every written clip carries, enough for `animorch rerun`."""
    assert point.experiment is not None
    return {
        "animorch": version("animorch"),
        "point_key": point.point_key,
        "render_key": point.render_key,
        "experiment": point.experiment.model_dump(mode="json"),
    }


def _scalars(measured: Mapping[str, Measures]) -> dict[str, float]:
    return {
        name if when == "final" else f"{when}.{name}": float(value)
        for when, values in measured.items()
        for name, value in values.items()
        if not isinstance(value, list)
    }


def _environment() -> dict[str, str]:
    return {
        "animorch": version("animorch"),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
