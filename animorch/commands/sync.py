"""sync: send every sweep and training on disk to MLflow, again or for the first time."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from animorch.errors import TrackingError, UsageError
from animorch.plugin import Command

if TYPE_CHECKING:
    from animorch.tracking import Ledger


class Sync(Command):
    """Back-fills; what MLflow already shows is left as it is."""

    name: ClassVar[str] = "sync"
    help: ClassVar[str] = "bring MLflow in line with the records under runs/"

    def run(self, words: Sequence[str]) -> int:
        """0 when all is in MLflow; 3 when the store failed or a sweep could not be read."""
        from rich.console import Console

        from animorch.runs.sweep import sweep_folders
        from animorch.runs.training import training_folders

        asked = _parser().parse_args(list(words))
        console = Console(highlight=False, markup=False, soft_wrap=True)
        sweeps, trainings = sweep_folders(asked.runs), training_folders(asked.runs)
        folders = [*sweeps, *trainings]
        if not folders:
            console.print(f"there are no runs yet under {asked.runs}; render first")
            return 0
        unread = 0
        for place, folder in enumerate(folders, start=1):
            try:
                line = _training(folder, asked) if folder in trainings else _sweep(folder, asked)
            except TrackingError as error:  # the next folder would only wait for the same store
                print(f"animorch: {error}", file=sys.stderr)
                return 3
            except UsageError as error:
                unread += 1
                console.print(f"{place}/{len(folders)} left out: {error}")
            else:
                console.print(f"{place}/{len(folders)} {line}")
        return 3 if unread else 0


def _sweep(folder: Path, asked: argparse.Namespace) -> str:
    from animorch.tracking import project

    ledger = project(folder, asked.uri, closed=not _held(folder), afresh=asked.afresh)
    return _line(folder, asked.runs, ledger)


def _training(folder: Path, asked: argparse.Namespace) -> str:
    from animorch.tracking import TrainingProjection

    state = TrainingProjection(folder, asked.uri, asked.afresh).bring(closed=not _held(folder))
    return f"{folder.relative_to(asked.runs)}: {state}"


def _held(folder: Path) -> bool:
    """Whether a process renders or trains in this folder now: it ends the run itself."""
    from filelock import FileLock, Timeout

    try:
        FileLock(folder / ".lock").acquire(timeout=0).lock.release()
    except Timeout:
        return True
    return False


def _line(folder: Path, runs: Path, ledger: Ledger) -> str:
    points = len(ledger.children)
    return f"{folder.relative_to(runs)}: {points} {'run' if points == 1 else 'runs'}, {ledger.status}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("animorch sync", description=Sync.help, allow_abbrev=False)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="the runs folder (default: runs)")
    parser.add_argument("--uri", help="MLflow tracking URI (default: mlflow.db in the runs folder)")
    parser.add_argument(
        "--afresh", action="store_true", help="send everything again, for when MLflow's artifacts were lost"
    )
    return parser
