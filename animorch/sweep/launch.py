"""Launch: where Hydra hands over. In this process by default, or through any other Hydra launcher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from animorch.config.compose import Composer, quoted, resolved
from animorch.config.settings import split
from animorch.errors import AnimorchError, BackendError
from animorch.runs.record import Record, record_of
from animorch.sweep.execute import execute
from animorch.sweep.lanes import Finished, Render
from animorch.sweep.plan import Plan, plan_cells, plan_sweep, plan_values
from animorch.sweep.point import Point, backend_of
from animorch.sweep.problem import refuse_invalid
from animorch.sweep.progress import Reporter
from animorch.sweep.stage import fail_point, run_point
from animorch.sweep.summary import summary


class Stopped(SystemExit):
    """A sweep has ended and said so; carries the exit code through Hydra."""


def render_sweep(loader: Any, config: str, words: Sequence[str], launcher: Any) -> None:
    """Plan and render `-m` words; raises UsageError, or Stopped with the exit code."""
    plan = plan_sweep(Composer(loader, config), words)
    conclude(plan, through(launcher, plan) if launcher is not None else None)


def render_jobs(loader: Any, config: str, jobs: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Render what another sweeper asks for; one small dict a job, in its order."""
    plan = plan_cells(Composer(loader, config), jobs)
    refuse_invalid(plan)
    outcome = execute(plan)
    if outcome.interrupted:
        raise KeyboardInterrupt  # else the sweeper would start its next batch
    return [_returned(outcome.records[point.point_key]) for point in plan.points if point.planned]


def conclude(plan: Plan, render: Render | None = None) -> NoReturn:
    """Execute, say how it ended on stdout, and raise Stopped with the exit code."""
    refuse_invalid(plan)
    outcome = execute(plan, render)
    print(summary(outcome))
    raise Stopped(outcome.exit_code)


def task(config: Any) -> dict[str, Any]:
    """Hydra's task function: one point. Takes a DictConfig, returns plain data, so it can be pickled.

    Without `point` it is a command of its own, planned and concluded; with it, it is one job of a sweep
    whose parent process holds the plan.
    """
    from omegaconf import OmegaConf

    container = OmegaConf.to_container(config, resolve=False)
    assert isinstance(container, dict)
    drafted = {str(key): value for key, value in container.items()}
    if drafted.get("point") is None:
        _alone(drafted)
    values = resolved(drafted)
    job = split(values)[0].point
    assert job is not None
    plan = plan_values(values | {"point": None, "sweep": {}}, job["overrides"])
    point = replace(plan.points[0], coordinates=job["coordinates"])
    if point.point_key != job["key"]:
        reasons = "; ".join(point.problems) or "its files or packages differ from the planner's"
        raise BackendError(f"the worker came to another point than the plan asked for: {reasons}")
    settings = plan.settings
    since = datetime.fromisoformat(job["since"]) if settings.force else None
    return _returned(run_point(point, Path(job["folder"]), settings.runs, lambda step, total: None, since))


def _alone(drafted: dict[str, Any]) -> NoReturn:
    """A command of its own; what is wrong leaves as an exit, since Hydra talks before it raises an error."""
    try:
        conclude(plan_values(resolved(drafted), _words()))
    except AnimorchError as error:
        raise Stopped(2) from error


def _words() -> list[str]:
    from hydra.core.hydra_config import HydraConfig

    return [str(word) for word in HydraConfig.get().overrides.task] if HydraConfig.initialized() else []


def through(launcher: Any, plan: Plan) -> Render:
    """Points through another Hydra launcher (joblib, submitit, ray): each job composes its own config.

    A point counts only when its job said so and its record is there; every other becomes a failed one.
    """

    def render(points: Sequence[Point], reporter: Reporter, finished: Finished) -> None:
        since = datetime.now(UTC).isoformat()
        jobs = [_job(plan, point, since) for point in points]
        try:
            returns = list(launcher.launch(jobs, initial_job_idx=0))
            reasons = [_reason(returned) for returned in returns]
        except Exception as error:  # a launcher loses every result when one worker dies
            reasons = [f"the launcher stopped ({' '.join(str(error).split())})"] * len(points)
        for point, reason in zip(points, reasons, strict=True):
            folder = plan.folder / point.folder
            record = record_of(folder, point.point_key) if reason is None else None
            if record is None:
                sentence = f"{reason or 'the job left no record'}; the same command tries it again"
                record = fail_point(point, folder, plan.settings.runs, sentence)
            finished(point, record)

    return render


def _job(plan: Plan, point: Point, since: str) -> list[str]:
    """Overrides of one job: the point's own, what this machine has settled, and where it goes."""
    assert point.experiment is not None
    here = {
        "folder": str(plan.folder / point.folder),
        "key": point.point_key,
        "coordinates": dict(point.coordinates),
        "overrides": list(point.overrides),
        "since": since,
    }
    backend = backend_of(point.experiment)
    settled = backend.settled() | backend.numerics(point.experiment.spec)
    return [
        *point.overrides,
        *(f"backend.{key}={quoted(value)}" for key, value in settled.items()),
        f"point={quoted(here)}",
        f"runs={quoted(str(plan.settings.runs))}",
    ]


def _reason(returned: Any) -> str | None:
    """None for a job that came to its end, else why it did not."""
    try:
        value = returned.return_value
    except Exception as error:  # Hydra raises the job's own exception here
        return " ".join(str(error).split()) or type(error).__name__
    return None if isinstance(value, dict) and "status" in value else "the job returned nothing"


def _returned(record: Record) -> dict[str, Any]:
    return {"status": record.status, "error": record.error, "key": record.point_key, **record.metrics}
