"""`animorch status`: the sweeps of a runs folder and how far each is."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from animorch.errors import UsageError
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
            try:
                print(_line(folder))
            except UsageError as error:  # one unreadable plan must not hide the others
                print(f"{folder}  unreadable: {error}")
        if not folders:
            print("no sweep yet; `animorch -m cfg=4,7,10` makes one")
        return 0


def _line(folder: Path) -> str:
    from animorch.runs.record import record_of
    from animorch.runs.sweep import read_plan

    plan = read_plan(folder)
    records = {
        point.point_key: record_of(folder / point.folder, point.point_key)
        for point in plan.points
        if point.folder and point.point_key
    }
    counts = Counter(record.status if record else "to do" for record in records.values())
    counts["left out"] = sum(1 for point in plan.points if point.state != "planned")
    said = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    axes = " x ".join(f"{axis.name} ({len(axis.values)})" for axis in plan.axes) or "one clip"
    failed = [
        f"\n    failed  {point.label}: {record.error}"
        for point in plan.points
        if point.state == "planned"
        and (record := records.get(point.point_key or ""))
        and record.status == "failed"
    ]
    return f"{folder}  {axes}: {said}" + "".join(failed)
