"""`animorch best --metric NAME`: which settings gave the best number, answered from the records."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from animorch.errors import UsageError
from animorch.plugin import Command

if TYPE_CHECKING:
    from animorch.compare.ranking import Measured, Place
    from animorch.runs.sweep import SweepPlan


class Best(Command):
    """A table of the best clips, or of groups of them, and the command that renders the first again."""

    name: ClassVar[str] = "best"
    help: ClassVar[str] = "which settings gave the best number: best --metric NAME [--where cfg=7] [--by cfg]"

    def run(self, words: Sequence[str]) -> int:
        from animorch.compare.ranking import chosen, direction, measured, ranked

        asked = _parser().parse_args(list(words))
        if asked.count < 1:
            raise UsageError(f"--count {asked.count} shows nothing; give 1 or more")
        clips = list(measured(_sweeps(asked.runs, asked.name)))
        if not clips:
            raise UsageError(f"there is no finished clip under {asked.runs}{_of(asked.name)}; render first")
        left = chosen(clips, asked.where)
        if not left:
            raise UsageError(f"none of the {len(clips)} clips has {' and '.join(asked.where)}")
        by = [name for names in asked.by for name in names.split(",") if name]
        better = asked.better or direction(asked.metric)
        places = ranked(left, asked.metric, better, by)[: asked.count]
        print(_json(asked.metric, places) if asked.json else _table(asked.metric, places, bool(by)))
        return 0


def _of(name: str | None) -> str:
    return f" of an experiment called {name}" if name else ""


def _sweeps(runs: Path, name: str | None) -> list[tuple[Path, SweepPlan]]:
    """The newest first, so that a clip of several sweeps is told by its last one."""
    from animorch.runs.sweep import read_plan, sweep_folders

    found = []
    for folder in reversed(sweep_folders(runs)):
        try:
            plan = read_plan(folder)
        except UsageError as error:  # one unreadable plan must not hide the others
            print(f"animorch: left out: {error}", file=sys.stderr)
            continue
        if name in (None, plan.name):
            found.append((folder, plan))
    return found


def _again(clip: Measured) -> str:
    return shlex.join(["animorch", *clip.overrides])


def _table(metric: str, places: Sequence[Place], grouped: bool) -> str:
    rows = [[*place.values.values(), *_cells(place, grouped)] for place in places]
    heads = [*places[0].values, *(("mean", "spread", "clips") if grouped else (metric, "folder"))]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows)
    head = "  ".join(text.ljust(width) for text, width in zip(heads, widths, strict=True)).rstrip()
    title = [f"{metric}, mean of each group"] if grouped else []
    again = f"the best{' of the first group' if grouped else ''} again: {_again(places[0].clips[0])}"
    return "\n".join([*title, head, *(line.rstrip() for line in lines), "", again])


def _cells(place: Place, grouped: bool) -> list[str]:
    if not grouped:
        return [f"{place.number:.6g}", str(place.clips[0].folder)]
    return [
        f"{place.number:.6g}",
        "-" if place.spread is None else f"{place.spread:.3g}",
        str(len(place.clips)),
    ]


def _json(metric: str, places: Sequence[Place]) -> str:
    return json.dumps([_facts(metric, place) for place in places], indent=2, ensure_ascii=False)


def _facts(metric: str, place: Place) -> dict[str, Any]:
    clips = [
        {"folder": str(clip.folder), "value": clip.numbers[metric], "command": _again(clip)}
        for clip in place.clips
    ]
    return {"metric": metric, "values": place.values, "value": place.number, "spread": place.spread} | {
        "clips": clips
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("animorch best", description=Best.help, allow_abbrev=False)
    parser.add_argument("--metric", required=True, metavar="NAME", help="the number (temporal_flicker)")
    parser.add_argument(
        "--where", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="only these (cfg=7)"
    )
    parser.add_argument(
        "--by",
        nargs="+",
        action="extend",
        default=[],
        metavar="AXIS",
        help="mean of each value of these axes",
    )
    parser.add_argument("--name", metavar="EXPERIMENT", help="only clips of this experiment")
    way = parser.add_mutually_exclusive_group()
    for word in ("lower", "higher"):
        way.add_argument(
            f"--{word}", dest="better", action="store_const", const=word, help=f"{word} is better"
        )
    parser.add_argument("--count", type=int, default=5, help="how many to show (default: 5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="the runs folder (default: runs)")
    return parser
