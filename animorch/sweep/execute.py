"""Execute: render a plan's points in this process, journal each, and end with the grid."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from filelock import FileLock, Timeout

from animorch.compare.grid import build_grid
from animorch.errors import AnimorchError, UsageError
from animorch.plugin import Backend
from animorch.runs.files import new_staging, sweep_out
from animorch.runs.record import Record, read_record, verified
from animorch.runs.sweep import journal
from animorch.sweep.expression import holds
from animorch.sweep.plan import Plan
from animorch.sweep.point import Point, backend_of
from animorch.sweep.progress import Reporter
from animorch.sweep.stage import run_point
from animorch.tracking import Writer

Render = Callable[[Sequence[Point], Reporter, Callable[[Point, Record], None]], None]


@dataclass(frozen=True)
class Outcome:
    """How a sweep ended."""

    plan: Plan
    records: dict[str, Record]  # by point key
    rendered: int
    interrupted: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def failed(self) -> list[Record]:
        return [record for record in self.records.values() if record.status == "failed"]

    @property
    def exit_code(self) -> int:
        """0 good, 3 some points failed or are wrong clips, 130 interrupted."""
        if self.interrupted:
            return 130
        return 3 if self.failed or self.warnings_of_cells else 0

    @property
    def warnings_of_cells(self) -> list[str]:
        return [text for text in self.warnings if text.startswith("wrong clip")]


def execute(plan: Plan, render: Render | None = None) -> Outcome:
    """Bring the plan's folder up to date; what is there and verified is not made again."""
    settings = plan.settings
    new_staging(settings.runs).rmdir()  # an unwritable runs folder is told before anything else
    sweep_out(settings.runs)
    with _alone(plan), _gently():
        todo, kept = _todo(plan)
        records = {point.point_key: record for point, record in kept}
        _write_plan(plan, len(todo))
        writer = Writer(plan.folder, settings.tracking.uri) if settings.tracking.enabled else None
        reporter = Reporter(len(todo), settings.quiet)

        def finished(point: Point, record: Record) -> None:
            records[point.point_key] = record
            journal(plan.folder, record.status, point_key=point.point_key, folder=point.folder)
            reporter.ends(point.label, record)
            if writer is not None:
                writer.nudge()

        interrupted = False
        try:
            with reporter.shown():
                (render or _in_process(plan))(todo, reporter, finished)
        except KeyboardInterrupt:
            interrupted = True
            journal(plan.folder, "interrupted")
        warnings = [] if interrupted else _grid(plan)
        warnings += _tracked(writer)
        done = {point.point_key for point in todo}
        rendered = sum(record.rendered for key, record in records.items() if key in done)
        return Outcome(plan, records, rendered, interrupted, tuple(warnings))


def _todo(plan: Plan) -> tuple[list[Point], list[tuple[Point, Record]]]:
    """Points to make, and those whose folder stands; `only` narrows both."""
    todo, kept = [], []
    for point in _chosen(plan):
        folder = plan.folder / point.folder
        record = None if plan.settings.force else verified(folder)
        failed = read_record(folder)
        if record is None and failed and failed.status == "failed" and not plan.settings.retry_failed:
            record = failed
        if record is None:
            todo.append(point)
        else:
            kept.append((point, record))
    return todo, kept


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


def _write_plan(plan: Plan, todo: int) -> None:
    record = plan.record()
    path = plan.folder / "plan.json"
    if not path.is_file() or path.read_text(encoding="utf-8") != record.model_dump_json(indent=2):
        record.save(plan.folder)
    if todo:
        journal(plan.folder, "started", points=len(plan.points), todo=todo)


def _in_process(plan: Plan) -> Render:
    """Points one after another, each backend warm from its first point to its last."""

    def render(todo: Sequence[Point], reporter: Reporter, finished: Callable[[Point, Record], None]) -> None:
        used: dict[int, Backend] = {}
        try:
            for point in todo:
                assert point.experiment is not None
                backend = backend_of(point.experiment)
                used[id(backend)] = backend
                reporter.begins(point.label)
                folder = plan.folder / point.folder
                record = run_point(point, folder, plan.settings.runs, reporter.step, plan.settings.force)
                finished(point, record)
        finally:
            for backend in used.values():
                backend.close()

    return render


def _grid(plan: Plan) -> list[str]:
    """Build the grid; a clip that is not the plan's is a warning, a grid that fails is one too."""
    if not plan.settings.grid or len(plan.points) < 2:
        return []
    try:
        built = build_grid(plan.folder, plan.record())
    except AnimorchError as error:
        return [f"no grid was made: {error}"]
    return [f"wrong clip in cell {cell}; render it again with force=true" for cell in built.mismatched]


def _tracked(writer: Writer | None) -> list[str]:
    said = writer.close() if writer is not None else None
    return [said] if said else []


@contextmanager
def _alone(plan: Plan) -> Iterator[None]:
    """One process a sweep folder; raises UsageError when another holds it."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(plan.folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageError(
            f"another animorch is rendering {plan.folder}; wait for it or stop it, then repeat the command"
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _gently() -> Iterator[None]:
    """A polite kill ends the sweep as Ctrl-C does."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread: a launcher's worker, whose parent handles signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
