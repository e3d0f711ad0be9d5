"""`animorch report A B …`: several sweeps, or backends, in one page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from animorch.plugin import Command


class Report(Command):
    """One folder gives its own index.html again, several a page that joins them; never renders."""

    name: ClassVar[str] = "report"
    help: ClassVar[str] = "join sweeps in one page to look at: report FOLDER [FOLDER ...] [--to FILE]"

    def run(self, words: Sequence[str]) -> int:
        from animorch.compare.viewer import build_report
        from animorch.runs.names import VIEWER
        from animorch.runs.sweep import read_plan

        parser = argparse.ArgumentParser("animorch report", description=self.help, allow_abbrev=False)
        parser.add_argument("folders", nargs="+", type=Path, help="sweeps' folders, runs/NAME/KEY")
        parser.add_argument("--to", type=Path, help="the page to write (report.html; of one folder, its own)")
        asked = parser.parse_args(list(words))
        folders = list(dict.fromkeys(folder.absolute() for folder in asked.folders))
        usual = asked.folders[0] / VIEWER if len(folders) == 1 else Path("report.html")
        sweeps = [(folder, read_plan(folder)) for folder in folders]
        built = build_report(sweeps, asked.to or usual, force=True)
        print(built.path)
        if built.said:
            print(f"animorch: {built.said}", file=sys.stderr)
        for cell in built.mismatched:
            print(f"animorch: wrong clip in cell {cell}; render it again with force=true", file=sys.stderr)
        return 3 if built.mismatched else 0
