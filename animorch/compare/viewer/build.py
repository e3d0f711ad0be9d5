"""Build: gather what folders hold and write the page, unless it stands already."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from animorch.compare.arrangement import telling
from animorch.compare.cell import look
from animorch.compare.grid import grid_key
from animorch.compare.viewer.budget import Packed, pack
from animorch.compare.viewer.document import Mark, document, mark_of, sources
from animorch.compare.viewer.exhibit import exhibits
from animorch.compare.viewer.joined import Joined, Shown, join
from animorch.compare.viewer.sprite import Sprite
from animorch.errors import UsageError
from animorch.place import write_text
from animorch.runs.names import METRICS, RECORD, VIEWER
from animorch.runs.sweep import SweepPlan
from animorch.spec.identity import digest

FORM = 1  # raise it when the same folders come to give another page (a change of a module is seen)


@dataclass(frozen=True)
class ViewerResult:
    """What was written. mismatched: labels of the points whose stored clip is another one's.

    said: one sentence when the pictures in the page are not the clips bit by bit, else empty.
    """

    path: Path
    mismatched: list[str]
    said: str = ""


def build_viewer(folder: Path, plan: SweepPlan, force: bool = False) -> ViewerResult:
    """Write index.html into a sweep's folder.

    Left as it is when it already shows just this, unless `force`. Raises UsageError for a plan without
    points, MediaError when the file cannot be written.
    """
    return build_report([(folder, plan)], folder / VIEWER, force)


def build_report(sweeps: Sequence[tuple[Path, SweepPlan]], path: Path, force: bool = False) -> ViewerResult:
    """Write one page of several sweeps; as `build_viewer`. Refuses to replace a file that is no viewer."""
    for _, plan in sweeps:
        if not plan.points:
            raise UsageError(f"the sweep {plan.name} has no points to show; sweep a key, as in cfg=4,7,10")
    key, standing = page_key(sweeps), mark_of(path)
    if path.exists() and standing is None:
        raise UsageError(f"{path} is there and no page of animorch; give another file with --to FILE")
    if standing is not None and standing.key == key and not force:
        return ViewerResult(path, list(standing.wrong))
    shown = [_shown(folder, plan) for folder, plan in sweeps]
    told = [exhibit for sweep in shown for exhibit in sweep.exhibits]
    packed = pack([exhibit.cell for exhibit in told])
    title = " · ".join(dict.fromkeys(plan.name for _, plan in sweeps))
    mark = Mark(key, tuple(exhibit.point.label for exhibit in told if exhibit.cell.wrong))
    write_text(path, document(title, mark, _page(title, shown, join(shown), packed), packed.sprites))
    return ViewerResult(path, list(mark.wrong), packed.said)


def _shown(folder: Path, plan: SweepPlan) -> Shown:
    with ThreadPoolExecutor(4) as pool:  # each look waits for a start of ffmpeg
        cells = list(pool.map(lambda point: look(folder, point, plan.fps), plan.points))
    return Shown(folder, plan, exhibits(folder, plan, cells))


def page_key(sweeps: Sequence[tuple[Path, SweepPlan]]) -> str:
    """Hash of what a page would show: what the grid shows, and each point's record, numbers and modules."""
    return digest(
        {
            "form": [FORM, sources()],
            "sweeps": [
                [grid_key(plan, folder), plan.command, _stamps(folder, plan)] for folder, plan in sweeps
            ],
        }
    )


def _stamps(folder: Path, plan: SweepPlan) -> list[int]:
    """When each point's record and numbers were written (ns)."""
    homes = [folder / point.folder for point in plan.points if point.folder]
    files = [home / name for home in homes for name in (RECORD, METRICS)]
    return [file.stat().st_mtime_ns if file.is_file() else 0 for file in files]


def _page(title: str, sweeps: Sequence[Shown], joined: Joined, packed: Packed) -> dict[str, Any]:
    told = [
        exhibit.facts() | {"sweep": number}
        for number, sweep in enumerate(sweeps)
        for exhibit in sweep.exhibits
    ]
    places = zip(told, joined.coordinates, packed.sprites, strict=True)
    return {
        "title": title,
        "animorch": sweeps[0].plan.animorch,
        "sweeps": [
            {"name": sweep.plan.name, "key": sweep.plan.key, "command": list(sweep.plan.command)}
            for sweep in sweeps
        ],
        "axes": [
            {"name": axis.name, "values": axis.values, "labels": telling(axis.values)} for axis in joined.axes
        ],
        "exact": packed.rung.quality is None,
        "said": packed.said,
        "cells": [
            facts | {"id": number, "coordinates": coordinates, "sprite": _layout(found)}
            for number, (facts, coordinates, found) in enumerate(places)
        ],
    }


def _layout(found: Sprite | None) -> dict[str, int] | None:
    if found is None:
        return None
    return {
        "width": found.width,
        "height": found.height,
        "columns": found.columns,
        "rows": found.rows,
        "sheets": len(found.sheets),
    }
