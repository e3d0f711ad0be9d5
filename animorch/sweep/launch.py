"""Launch: where Hydra hands over. In this process by default, or through any other Hydra launcher."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from animorch.config.compose import Composer, quoted, resolved
from animorch.config.settings import split
from animorch.errors import UsageError
from animorch.runs.record import Record, read_record
from animorch.sweep.execute import Outcome, Render, execute
from animorch.sweep.plan import Plan, plan_cells, plan_sweep, plan_values
from animorch.sweep.point import Point
from animorch.sweep.problem import problems
from animorch.sweep.progress import Reporter
from animorch.sweep.stage import run_point
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
    _refuse_invalid(plan)
    outcome = execute(plan)
    return [_returned(outcome.records.get(point.point_key)) for point in plan.points]


def task(config: Any) -> dict[str, Any]:
    """Hydra's task function: one point. Takes a DictConfig, returns plain data, so it can be pickled.

    Without `point.folder` it is a command of its own, planned and concluded; with it, it is one job
    of a sweep whose parent process holds the plan.
    """
    from omegaconf import OmegaConf

    container = OmegaConf.to_container(config, resolve=False)
    assert isinstance(container, dict)
    values = resolved({str(key): value for key, value in container.items()})
    job = split(values)[0].point
    if job is None:
        conclude(plan_values(values, _words()))
    plan = plan_values(values | {"point": None, "sweep": {}}, _words())
    (point,) = plan.points
    if point.point_key != job["key"]:
        raise UsageError(
            f"this process would render {point.point_key[:10]}, the plan asked for "
            f"{job['key'][:10]}; its files or packages differ from the planner's"
        )
    folder = Path(job["folder"])
    return _returned(
        run_point(point, folder, plan.settings.runs, lambda step, total: None, plan.settings.force)
    )


def _words() -> list[str]:
    from hydra.core.hydra_config import HydraConfig

    return [str(word) for word in HydraConfig.get().overrides.task] if HydraConfig.initialized() else []


def conclude(plan: Plan, render: Render | None = None) -> NoReturn:
    """Execute, say how it ended on stdout, and raise Stopped with the exit code."""
    _refuse_invalid(plan)
    outcome: Outcome = execute(plan, render)
    print(summary(outcome))
    raise Stopped(outcome.exit_code)


def _refuse_invalid(plan: Plan) -> None:
    if not plan.points or all(point.excluded is not None for point in plan.points):
        raise UsageError("the sweep has no point left to render; see `animorch plan` for the reasons")
    if plan.invalid and not (plan.settings.sweep.skip_invalid and len(plan.invalid) < len(plan.points)):
        said = "\n".join(f"  {line}" for line in problems(plan))
        hint = "; sweep.skip_invalid=true renders the others" if len(plan.invalid) < len(plan.points) else ""
        raise UsageError(f"{len(plan.invalid)} of {len(plan.points)} points cannot be rendered{hint}\n{said}")


def through(launcher: Any, plan: Plan) -> Render:
    """Points through another Hydra launcher (joblib, submitit, ray): each job composes its own config."""

    def render(todo: Sequence[Point], reporter: Reporter, finished: Callable[[Point, Record], None]) -> None:
        jobs = [_job(plan, point) for point in todo]
        trouble: Exception | None = None
        try:
            if jobs:
                launcher.launch(jobs, initial_job_idx=0)
        except Exception as error:  # a launcher loses every result when one worker dies
            trouble = error
        for point in todo:
            record = read_record(plan.folder / point.folder)
            if record is not None:
                finished(point, record)
        if trouble is not None:
            raise UsageError(
                f"the launcher stopped ({trouble}); finished points are kept, the same command does the rest"
            ) from trouble

    return render


def _job(plan: Plan, point: Point) -> list[str]:
    here = {"folder": str(plan.folder / point.folder), "key": point.point_key}
    return [*point.overrides, f"point={quoted(here)}", f"runs={quoted(str(plan.settings.runs))}"]


def _returned(record: Record | None) -> dict[str, Any]:
    if record is None:
        return {"status": "missing", "error": "the point was not rendered"}
    return {"status": record.status, "error": record.error, "key": record.point_key, **record.metrics}
