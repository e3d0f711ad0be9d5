"""Grid: a sweep's clips as one labelled, synchronised video and one contact sheet.

Made from stored frames only; nothing is rendered. A cell whose clip is not the one planned is shown
in a red frame and reported.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from animorch.compare.arrangement import arrange
from animorch.compare.cell import Cell, look
from animorch.compare.film import Film
from animorch.compare.numbers import numbers
from animorch.compare.page import layout_for
from animorch.compare.sheet import sheet_layout
from animorch.compare.wishes import STILL, Wishes
from animorch.errors import MediaError, UsageError
from animorch.media import encode_stream, probe, save_image
from animorch.runs.names import EXPERIMENT, FINAL, FRAMES, SHEET
from animorch.runs.record import read_record
from animorch.runs.sweep import PlannedPoint, SweepPlan
from animorch.spec.identity import digest

FORM = 3  # raise it when the same clips come to be drawn otherwise
_NO_CLIP = 256, 256  # the cells of a sweep of which nothing is finished


_USUAL = Wishes()


@dataclass(frozen=True)
class GridResult:
    """What was written. mismatched: labels of the points whose stored clip is another one's.

    The contact sheet comes with the usual video only.
    """

    path_video: Path
    path_sheet: Path | None
    mismatched: list[str]


def build_grid(folder: Path, plan: SweepPlan, force: bool = False, wishes: Wishes = _USUAL) -> GridResult:
    """Write grid.mp4 and contact_sheet.png into a sweep's folder, or the file that `wishes` names.

    Left as they are when they already show just this, unless `force`. Raises UsageError for a plan
    without points or a wish it cannot meet, MediaError when the files cannot be written.
    """
    if not plan.points:
        raise UsageError(f"the sweep {plan.name} has no points to show; sweep a key, as in cfg=4,7,10")
    wishes.check(tuple(axis.name for axis in plan.axes))
    video, key = folder / wishes.name, grid_key(plan, folder, wishes)
    sheet = folder / SHEET if wishes.name == _USUAL.name else None
    standing = None if force or (sheet and not sheet.exists()) else _mismatched_in(video, key)
    if standing is not None:
        return GridResult(video, sheet, standing)
    with ThreadPoolExecutor(4) as pool:  # each look waits for a start of ffmpeg
        cells = list(pool.map(lambda point: look(folder, point, plan.fps), plan.points))
    film, metadata = _film(folder, plan, cells, wishes), _metadata(plan, cells, key)
    if video.suffix == STILL:  # a picture of all, not a folder of frames
        save_image(film.still(), video)
    else:
        encode_stream(film.stream(sheet), video, metadata, wishes.quality)
    return GridResult(video, sheet, metadata["mismatched"])


def _film(folder: Path, plan: SweepPlan, cells: list[Cell], wishes: Wishes) -> Film:
    clips = [cell for cell in cells if cell.state == "clip"]
    largest = (max(cell.width for cell in clips), max(cell.height for cell in clips)) if clips else _NO_CLIP
    pages, lines = arrange(plan, largest[0] / largest[1], wishes.names), len(wishes.metrics)
    sheet, thumb = sheet_layout(pages, largest, lines)
    layout = layout_for(pages, largest, wishes.page, lines)
    told = numbers(folder, plan, wishes.metrics)
    return Film(plan.name, cells, told, pages, layout, sheet, thumb, plan.fps)


def _metadata(plan: SweepPlan, cells: list[Cell], key: str) -> dict[str, Any]:
    pairs = list(zip(plan.points, cells, strict=True))
    return {
        "sweep_key": plan.key,
        "grid_key": key,
        "mismatched": [point.label for point, cell in pairs if cell.wrong],
        "cells": [
            {
                "label": point.label,
                "folder": point.folder,
                "render_key": point.render_key,
                "state": "wrong clip" if cell.wrong else cell.state,
            }
            for point, cell in pairs
        ],
    }


def _mismatched_in(video: Path, key: str) -> list[str] | None:
    """The mismatched points of a grid that already shows this; None when it has to be built."""
    try:
        found = probe(video).metadata or {}
    except MediaError:
        return None
    return list(found["mismatched"]) if found.get("grid_key") == key else None


def grid_key(plan: SweepPlan, folder: Path, wishes: Wishes = _USUAL) -> str:
    """Hash of what the grid would show: the axes, and each point's label, state, keys, outcome and files."""
    return digest(
        {
            "form": FORM,
            "wishes": [wishes.facts(), numbers(folder, plan, wishes.metrics)],
            "sweep": [plan.name, plan.key, plan.fps, [axis.model_dump() for axis in plan.axes]],
            "points": [_shown(folder, point) for point in plan.points],
        }
    )


def _shown(folder: Path, point: PlannedPoint) -> list[Any]:
    home = folder / (point.folder or "")
    record = read_record(home) if point.folder else None
    outcome = record and [record.status, record.error, record.point_key]
    names = (FINAL, FRAMES, EXPERIMENT) if record else ()
    return [
        point.coordinates,
        point.state,
        point.reason,
        point.render_key,
        outcome,
        [_stamp(home / n) for n in names],
    ]


def _stamp(path: Path) -> list[int] | None:
    """Size (bytes) and modification time (ns): a clip that was swapped shows in them."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return [stat.st_size, stat.st_mtime_ns]
