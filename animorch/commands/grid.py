"""`animorch grid FOLDER`: build a sweep's grid again from its stored frames."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from animorch.plugin import Command


class Grid(Command):
    """grid.mp4 and contact_sheet.png; never renders."""

    name: ClassVar[str] = "grid"
    help: ClassVar[str] = "build a sweep's grid video and contact sheet again from stored frames"

    def run(self, words: Sequence[str]) -> int:
        from animorch.compare.grid import build_grid
        from animorch.runs.sweep import read_plan

        parser = argparse.ArgumentParser("animorch grid", description=self.help)
        parser.add_argument("folder", type=Path, help="a sweep's folder, runs/NAME/KEY")
        folder = parser.parse_args(list(words)).folder
        built = build_grid(folder, read_plan(folder), force=True)
        print(built.path_video, built.path_sheet, sep="\n")
        for cell in built.mismatched:
            print(f"animorch: wrong clip in cell {cell}; render it again with force=true", file=sys.stderr)
        return 3 if built.mismatched else 0
