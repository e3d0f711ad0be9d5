"""A sweep's folder: plan.json says what was asked, journal.jsonl what happened, one folder a point."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from os import SEEK_END
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from animorch.errors import UsageError
from animorch.place import write_text
from animorch.runs.names import JOURNAL, PLAN
from animorch.spec.model import Frozen


class PlannedAxis(Frozen):
    """A swept key with the labels of its values, in the user's order."""

    name: str
    values: tuple[str, ...]


class PlannedPoint(Frozen):
    """One cell of the sweep: to be rendered, or left out with the reason."""

    coordinates: dict[str, str]  # axis name to value label
    state: Literal["planned", "excluded", "invalid"]
    reason: str | None = None
    folder: str | None = None  # name inside the sweep's folder
    point_key: str | None = None
    render_key: str | None = None
    overrides: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return " ".join(f"{axis}={value}" for axis, value in self.coordinates.items()) or "the clip"


class SweepPlan(Frozen):
    """What plan.json holds."""

    name: str  # the experiment's
    key: str  # of the sweep: axes, labels and point keys
    command: tuple[str, ...]  # the words that made it
    axes: tuple[PlannedAxis, ...]
    points: tuple[PlannedPoint, ...]
    fps: float  # of the grid: the highest among the points
    animorch: str  # version

    def save(self, folder: Path) -> None:
        """Write plan.json, unless it says the same already."""
        text = self.model_dump_json(indent=2)
        if not (folder / PLAN).is_file() or (folder / PLAN).read_text(encoding="utf-8") != text:
            write_text(folder / PLAN, text)


def read_plan(folder: Path) -> SweepPlan:
    """The plan in a sweep's folder; raises UsageError when there is none."""
    try:
        return SweepPlan.model_validate_json((folder / PLAN).read_bytes())
    except OSError as error:
        raise UsageError(
            f"{folder} holds no {PLAN}; give a sweep's folder, as in runs/default/1a2b3c4d5e"
        ) from error
    except ValidationError as error:
        raise UsageError(f"{folder / PLAN} is not a plan of this version; run the sweep again") from error


def sweep_folders(runs: Path) -> list[Path]:
    """Every sweep under a runs folder, oldest first."""
    return sorted(
        (plan.parent for plan in runs.glob(f"*/*/{PLAN}")), key=lambda folder: folder.stat().st_mtime
    )


def journal(folder: Path, event: str, /, **facts: Any) -> None:
    """Append one line, flushed, so that it outlives the process."""
    line = json.dumps({"time": datetime.now(UTC).isoformat(), "event": event, **facts}, ensure_ascii=False)
    with (folder / JOURNAL).open("ab+") as stream:
        if stream.tell():
            stream.seek(-1, SEEK_END)
            torn = stream.read(1) != b"\n"  # a crash tore the last line: do not glue this one to it
            line = "\n" + line if torn else line
        stream.write(line.encode() + b"\n")


def read_journal(folder: Path) -> Iterator[dict[str, Any]]:
    """Every whole line; a last line torn by a crash is passed over."""
    try:
        lines = (folder / JOURNAL).read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue
