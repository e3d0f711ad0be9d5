"""`animorch grid FOLDER`: build a sweep's grid again from its stored frames, in any format."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from animorch.errors import UsageError
from animorch.plugin import Command

if TYPE_CHECKING:
    from animorch.compare import Wishes


class Grid(Command):
    """grid.mp4 and contact_sheet.png, or grid.<format>; never renders."""

    name: ClassVar[str] = "grid"
    help: ClassVar[str] = "build a sweep's grid again from stored frames: video, gif, picture, with metrics"

    def run(self, words: Sequence[str]) -> int:
        from animorch.compare import build_grid
        from animorch.runs.sweep import read_plan

        asked = _parser().parse_args(list(words))
        built = build_grid(asked.folder, read_plan(asked.folder), force=True, wishes=_wishes(asked))
        print(*(path for path in (built.path_video, built.path_sheet) if path is not None), sep="\n")
        for cell in built.mismatched:
            print(f"animorch: wrong clip in cell {cell}; render it again with force=true", file=sys.stderr)
        return 3 if built.mismatched else 0


def _wishes(asked: argparse.Namespace) -> Wishes:
    from animorch.compare import Wishes

    if asked.width is not None and asked.width < 320:
        raise UsageError(f"--width {asked.width} is too narrow for a grid; give 320 pixels or more")
    return Wishes(
        metrics=tuple(name for words in asked.metrics for name in words.split(",") if name),
        names=dict(_named(word) for word in asked.label),
        name=f"grid.{asked.format}",
        width=asked.width,
        quality=asked.quality,
    )


def _named(word: str) -> tuple[str, str]:
    axis, sign, name = word.partition("=")
    if not sign or not axis:
        raise UsageError(f"--label {word} is not AXIS=TEXT; write it as --label cfg=guidance")
    return axis, name


def _parser() -> argparse.ArgumentParser:
    from animorch.media import FORMATS

    parser = argparse.ArgumentParser("animorch grid", description=Grid.help, allow_abbrev=False)
    parser.add_argument("folder", type=Path, help="a sweep's folder, runs/NAME/KEY")
    parser.add_argument(
        "--format", choices=FORMATS, default="mp4", help="of grid.FORMAT; png is one picture (default: mp4)"
    )
    parser.add_argument(
        "--metrics", nargs="+", default=[], metavar="NAME", help="numbers to write under each cell"
    )
    parser.add_argument(
        "--label", action="append", default=[], metavar="AXIS=TEXT", help="call an axis so (cfg=guidance)"
    )
    parser.add_argument("--width", type=int, help="pixels that a page should not exceed (1920; gif 1280)")
    parser.add_argument("--quality", choices=("draft", "good", "best"), default="good")
    return parser
