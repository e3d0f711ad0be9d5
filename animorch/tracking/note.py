"""Note: the description that MLflow shows above a run, in Markdown: a picture, what it is, the command."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from animorch.runs.names import GRID, POSTER, SHEET, VIEWER
from animorch.runs.sweep import SweepPlan
from animorch.tracking.disk import Point
from animorch.tracking.names import short_hash, tag_value

NOTE, _OURS = "mlflow.note.content", "animorch.note"  # the second: hash of the note that we wrote


def of_point(run: str, point: Point) -> str:
    """Text first, since MLflow folds a long note: the values of the axes, the command again, the poster."""
    picture = [f"![middle frame]({_address(run, POSTER)})"] if POSTER in point.record.files else []
    values = [f"{axis} **{_plain(value)}**" for axis, value in point.planned.coordinates.items()]
    error = [f"Failed: {_plain(point.record.error)}"] if point.record.error else []
    command = _code(shlex.join(["animorch", *point.planned.overrides]))
    return _joined([", ".join(values), *error, command, *picture])


def of_sweep(run: str, plan: SweepPlan, files: Iterable[str]) -> str:
    """The axes, the command, where page and grid are, and the contact sheet."""
    there = set(files)
    picture = [f"![contact sheet]({_address(run, SHEET)})"] if SHEET in there else []
    axes = [f"- {axis.name}: {', '.join(map(_plain, axis.values))}" for axis in plan.axes]
    pages = {VIEWER: "the page that plays all clips in step", GRID: "the same as one video"}
    artifacts = [f"`{name}`, {text}" for name, text in pages.items() if name in there]
    where = f"Among the artifacts: {'; '.join(artifacts)}." if artifacts else ""
    many = ["-m"] * (bool(plan.axes) and "-m" not in plan.command)
    command = _code(shlex.join(["animorch", *many, *plan.command]))
    return _joined(["\n".join(axes), command, where, *picture])


def fresh(text: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Tags to set; none when the note says so already, or when a person has written another."""
    text, there = tag_value(text), tags.get(NOTE)
    if there == text or (there is not None and short_hash(there) != tags.get(_OURS)):
        return {}
    return {NOTE: text, _OURS: short_hash(text)}


def _address(run: str, path: str) -> str:
    """Of an artifact, as MLflow's server gives it, relative to its one page."""
    return f"get-artifact?{urlencode({'path': path, 'run_uuid': run})}"


def _plain(text: str) -> str:
    """The text on one line, without what Markdown takes for its own."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|" else sign for sign in " ".join(text.split()))


def _code(text: str) -> str:
    return f"```\n{text}\n```"


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)
