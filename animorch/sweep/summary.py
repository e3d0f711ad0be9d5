"""Summary: the last lines of a command, on stdout."""

from __future__ import annotations

from pathlib import Path

from animorch.runs.names import GRID, VIEWER
from animorch.sweep.execute import Outcome


def summary(outcome: Outcome) -> str:
    """What was done, what failed, and where to look."""
    plan, records = outcome.plan, outcome.records
    kept = len(records) - outcome.rendered - len(outcome.failed)
    parts = [f"{outcome.rendered} rendered", f"{kept} kept"]
    parts += [f"{len(outcome.failed)} failed"] if outcome.failed else []
    excluded = sum(1 for point in plan.points if not point.planned)
    parts += [f"{excluded} left out"] if excluded else []
    missing = len(plan.ordered) - len(records)
    parts += [f"{missing} to do"] if missing else []
    points = f"{len(plan.points)} point{'s' if len(plan.points) != 1 else ''}"
    lines = [f"{points}: {', '.join(parts)}"]
    if outcome.interrupted:
        lines.append("interrupted; the same command resumes")
    lines += [f"wrong clip in cell {cell}; render it again with force=true" for cell in outcome.mismatched]
    lines += [f"warning: {text}" for text in outcome.warnings]
    lines += [_near(path) for path in _results(outcome)]
    return "\n".join(lines)


def _results(outcome: Outcome) -> list[Path]:
    """The grid and the viewer, or the clips of a single point, else the folder."""
    folder = outcome.plan.folder
    if len(outcome.plan.points) == 1 and not outcome.failed and outcome.plan.ordered:
        clips = sorted((folder / outcome.plan.ordered[0].folder).glob("clip.*"))
        return [clip for clip in clips if clip.suffix != ".json"]
    made = [path for path in (folder / GRID, folder / VIEWER) if path.is_file()]
    return made if made and not outcome.interrupted else [folder]


def _near(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
