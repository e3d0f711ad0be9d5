"""`animorch status`: the sweeps of a runs folder and how far each is."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from animorch.plugin import Command


class Status(Command):
    """One line a sweep, oldest first; failed points with their sentence."""

    name: ClassVar[str] = "status"
    help: ClassVar[str] = "list sweeps and how far each is, with the reason of every failed point"

    def run(self, words: Sequence[str]) -> int:
        from animorch.runs.sweep import sweep_folders

        parser = argparse.ArgumentParser("animorch status", description=self.help)
        parser.add_argument("--runs", type=Path, default=Path("runs"), help="the runs folder (runs)")
        folders = sweep_folders(parser.parse_args(list(words)).runs)
        for folder in folders:
            print(_line(folder))
        if not folders:
            print("no sweep yet; `animorch -m cfg=4,7,10` makes one")
        return 0


def _line(folder: Path) -> str:
    from animorch.runs.record import read_record
    from animorch.runs.sweep import read_plan

    plan = read_plan(folder)
    records = {p.point_key: read_record(folder / p.folder) for p in plan.points if p.folder}
    counts = Counter(record.status if record else "to do" for record in records.values())
    counts["left out"] = sum(1 for point in plan.points if point.state != "planned")
    said = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    axes = " x ".join(f"{axis.name} ({len(axis.values)})" for axis in plan.axes) or "one clip"
    failed = [
        f"\n    failed  {point.label}: {record.error}"
        for point in plan.points
        if (record := records.get(point.point_key)) and record.status == "failed"
    ]
    return f"{folder}  {axes}: {said}" + "".join(failed)
