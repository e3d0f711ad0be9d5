"""`animorch import FILE`: another program's config becomes one of ours, and what changed is said."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from animorch.errors import UsageError
from animorch.plugin import Command

if TYPE_CHECKING:
    from animorch.commands.imports.draft import Draft


class Import(Command):
    """Writes a recipe for `animorch train`; never over a file that is there, unless --force."""

    name: ClassVar[str] = "import"
    help: ClassVar[str] = "turn another trainer's YAML into a recipe: import FILE.yaml [--name NAME]"

    def run(self, words: Sequence[str]) -> int:
        """0 when it is written; raises UsageError, with nothing written, when it cannot be."""
        from animorch.commands.imports.recipe import drafted, written

        asked = _parser().parse_args(list(words))
        draft = drafted(asked.file, _name(asked.name or _word(asked.file.stem)))
        files = written(draft, asked.force)
        for sentence in draft.notes:
            print(f"note: {sentence}", file=sys.stderr)
        for sentence in draft.dangers:
            print(f"WARNING: {sentence}", file=sys.stderr)
        for file in files:
            print(f"wrote {file}")
        print(_next(draft))
        return 0


def _next(draft: Draft) -> str:
    return f"next: animorch train recipe={draft.name}"


def _word(stem: str) -> str:
    """A file's name as a word of a command line."""
    return re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_") or "imported"


def _name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise UsageError(
            f"--name {name}: a recipe is named by small letters, digits, _ and -, as in my_clips"
        )
    return name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("animorch import", description=Import.help, allow_abbrev=False)
    parser.add_argument(
        "file", type=Path, help="a training config of AD-Evo-Tuner, tumurzakov, guoyww or MotionDirector"
    )
    parser.add_argument("--name", help="the recipe's name (default: the file's)")
    parser.add_argument("--force", action="store_true", help="write over a recipe of that name")
    return parser
