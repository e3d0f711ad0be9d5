"""`animorch status`: the sweeps and trainings of a runs folder and how far each is."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from animorch.errors import UsageError
from animorch.plugin import Command


class Status(Command):
    """One line a sweep, oldest first, then one a training; failures with their sentence."""

    name: ClassVar[str] = "status"
    help: ClassVar[str] = "list sweeps and trainings and how far each is, with the reason of every failure"

    def run(self, words: Sequence[str]) -> int:
        from animorch.runs.sweep import sweep_folders
        from animorch.runs.training import training_folders

        parser = argparse.ArgumentParser("animorch status", description=self.help)
        parser.add_argument("--runs", type=Path, default=Path("runs"), help="the runs folder (runs)")
        runs = parser.parse_args(list(words)).runs
        folders, trainings = sweep_folders(runs), training_folders(runs)
        for folder in folders:
            try:
                print(_line(folder))
            except UsageError as error:  # one unreadable plan must not hide the others
                print(f"{folder}  unreadable: {error}")
        for folder in trainings:
            print(_training(folder))
        if not folders and not trainings:
            print("no sweep yet; `animorch -m cfg=4,7,10` makes one")
        return 0


def _training(folder: Path) -> str:
    from animorch.runs.training import read_losses, read_training

    record = read_training(folder)
    if record is None:
        return f"{folder}  unreadable record.json"
    step = max([record.step, *(line["step"] for line in read_losses(folder))])
    steps = f"{step} of {record.total} steps" if record.total else f"{step} steps"
    said = f"{folder}  training, mode {record.mode}: {record.state}, {steps}"
    return said + (f"\n    failed  {record.error}" if record.state == "failed" else "")


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
