"""Execute: bring a plan's folder up to date, journal each point, and end with the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from filelock import FileLock, Timeout

from animorch.compare.grid import build_grid
from animorch.compare.viewer import build_viewer
from animorch.errors import AnimorchError, RunsError, UsageError
from animorch.runs.files import writable
from animorch.runs.record import Record
from animorch.runs.sweep import journal
from animorch.sweep.gently import gently
from animorch.sweep.lanes import Render, in_process
from animorch.sweep.notes import lines
from animorch.sweep.plan import Plan
from animorch.sweep.point import Point
from animorch.sweep.progress import Reporter
from animorch.sweep.todo import todo
from animorch.tracking import Writer


@dataclass
class Outcome:
    """How a sweep ended; filled while it runs."""

    plan: Plan
    records: dict[str, Record]  # by point key, those kept and those made
    made: list[Record] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)  # labels of cells that hold another clip
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def rendered(self) -> int:
        return sum(record.rendered for record in self.made)

    @property
    def failed(self) -> list[Record]:
        return [record for record in self.records.values() if record.status == "failed"]

    @property
    def exit_code(self) -> int:
        """0 good, 3 some points failed or a cell holds a wrong clip, 130 interrupted."""
        if self.interrupted:
            return 130
        return 3 if self.failed or self.mismatched else 0


def execute(plan: Plan, render: Render | None = None) -> Outcome:
    """Make what is missing, and keep what stands and is verified.

    Raises UsageError for a runs folder that cannot be written, a sweep that another process renders, or
    an `only` that matches nothing, RunsError for one that stops taking files; whatever goes wrong with a
    point is in its record.
    """
    work = todo(plan)
    writable(plan.settings.runs)
    with _disk_told(plan), _alone(plan), gently():
        outcome = Outcome(plan, dict(work.kept))
        plan.record().save(plan.folder)
        tracking = plan.settings.tracking
        writer = Writer(plan.folder, tracking.uri, system=tracking.system) if tracking.enabled else None
        if writer is not None and tracking.system:
            writer.nudge()  # so that the load is seen from the first frame on
        try:
            if work.make:
                journal(plan.folder, "started", points=len(plan.points), todo=len(work.make))
                _make(outcome, work.make, render or in_process(plan), writer)
            _grid(outcome)
        except KeyboardInterrupt:
            outcome.interrupted = True
            journal(plan.folder, "interrupted")
        finally:
            said = writer.close() if writer is not None else None
            outcome.warnings += [said] if said else []
        return outcome


def _make(outcome: Outcome, points: Sequence[Point], render: Render, writer: Writer | None) -> None:
    plan = outcome.plan
    reporter = Reporter(len(points), plan.settings.quiet)

    def finished(point: Point, record: Record) -> None:
        outcome.records[point.point_key] = record
        outcome.made.append(record)
        journal(plan.folder, record.status, point_key=point.point_key, folder=point.folder)
        reporter.ends(point.label, record)
        if writer is not None:
            writer.nudge()

    with reporter.shown():
        reporter.notes(lines(plan))
        render(points, reporter, finished)


def _grid(outcome: Outcome) -> None:
    """Build grid and viewer; what cannot be made is a warning, since every clip is there."""
    plan = outcome.plan
    if not plan.settings.grid or len(plan.points) < 2:
        return
    asked = plan.record()
    try:
        outcome.mismatched += build_grid(plan.folder, asked).mismatched
    except AnimorchError as error:
        outcome.warnings.append(f"no grid was made: {error}")
    try:
        build_viewer(plan.folder, asked)
    except AnimorchError as error:
        outcome.warnings.append(f"no viewer was made: {error}")


@contextmanager
def _disk_told(plan: Plan) -> Iterator[None]:
    """A runs folder that stops taking files is one sentence, wherever it happens."""
    try:
        yield
    except OSError as error:
        raise RunsError(
            f"{error.filename or plan.settings.runs} could not be written ({error.strerror or error}); "
            "free or unblock it and repeat the command, finished points are kept"
        ) from error


@contextmanager
def _alone(plan: Plan) -> Iterator[None]:
    """One process a sweep folder; raises UsageError when another holds it."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(plan.folder / ".lock")
    try:
        lock.acquire(timeout=1)  # `sync` holds it for a moment to see whether a render does
    except Timeout as error:
        raise UsageError(
            f"another animorch is rendering {plan.folder}; wait for it or stop it, then repeat the command"
        ) from error
    try:
        yield
    finally:
        lock.release()
