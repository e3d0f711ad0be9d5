"""`animorch caption FOLDER`: a caption beside each clip that has none."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from animorch.errors import MediaError, UsageError
from animorch.plugin import Captioner, Command

if TYPE_CHECKING:
    from animorch.media.captions import Captions

_WIDTH = 8  # of the first column
_SHOWN = 300  # letters of a caption; a text encoder reads no more


class Caption(Command):
    """Fills in what is missing; a caption that is there is never touched."""

    name: ClassVar[str] = "caption"
    help: ClassVar[str] = "write the missing captions of a folder of clips: caption FOLDER [--captioner NAME]"

    def run(self, words: Sequence[str]) -> int:
        """0 when every clip has a caption (or would, with --dry-run); 3 when one could not be captioned."""
        asked = _parser().parse_intermixed_args(list(words))
        captioner = _captioner(asked.captioner, asked.options)
        found = _fillable(asked.folder)
        if found.missing and (problems := captioner.preflight()):
            raise UsageError("; ".join(problems))
        for clip, text in found.pairs:
            print(f"{'kept':<{_WIDTH}} {clip.name}: {_brief(text)}")
        done = Counter(_filled(captioner, clip, asked.dry_run) for clip in found.missing)
        totals = {"kept": len(found.pairs), **done}
        print(", ".join(f"{number} {deed}" for deed, number in totals.items()))
        return 3 if done["failed"] else 0


def _captioner(name: str, options: Sequence[str]) -> Captioner:
    """The captioner with its options, written KEY=VALUE; raises UsageError."""
    import yaml

    from animorch.registry import make

    values: dict[str, Any] = {}
    for word in options:
        key, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"{word!r} is not KEY=VALUE, an option of the captioner such as threshold=0.4")
        try:
            values[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise UsageError(f"{word!r} has no readable value; put text with signs into quotes") from error
    captioner: Captioner = make("captioner", name, values)
    return captioner


def _fillable(folder: Path) -> Captions:
    """What is captioned and what is not; raises UsageError where a file beside a clip would not help."""
    from animorch.media.captions import captions_of

    found = captions_of(folder)
    problems = found.problems
    if found.kind in ("lines", "table") and found.missing:
        problems = (*problems, *found.sentences()[-1:])
    if found.kind in ("lines", "table") and problems:
        problems = (*problems, "captions are kept in one file here, so complete it by hand or take it away")
    if problems:
        raise UsageError("\n  ".join([f"{folder} cannot be captioned yet:", *problems]))
    return found


def _filled(captioner: Captioner, clip: Path, dry: bool) -> str:
    """Caption one clip and say so; the others go on when it fails."""
    from animorch.media.captions import files, place
    from animorch.place import write_text

    file = place(clip)
    if others := [other.name for other in files(clip) if other != file]:
        return _said("failed", clip, f"{others[0]} is there and empty; fill it in or take it away")
    try:
        text = " ".join(captioner.caption(clip).split())
        if text and not dry:
            write_text(file, text + "\n")
    except MediaError as error:
        return _said("failed", clip, str(error))
    if not text:
        why = f"{captioner.name} found nothing to say; write {file.name} by hand or try another --captioner"
        return _said("failed", clip, why)
    print(f"{'to write' if dry else 'written':<{_WIDTH}} {clip.name}: {_brief(text)}")
    return "to write" if dry else "written"


def _brief(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"


def _said(deed: str, clip: Path, why: str) -> str:
    print(f"{deed:<{_WIDTH}} {clip.name}: {why}", file=sys.stderr)
    return deed


def _parser() -> argparse.ArgumentParser:
    from animorch.registry import offers

    parser = argparse.ArgumentParser("animorch caption", description=Caption.help, allow_abbrev=False)
    parser.add_argument("folder", type=Path, help="a folder of clips")
    parser.add_argument(
        "options", nargs="*", default=[], metavar="KEY=VALUE", help="options of the captioner"
    )
    names = ", ".join(offers("captioner"))
    parser.add_argument("--captioner", default="file_name", help=f"{names} (default: file_name)")
    parser.add_argument(
        "--dry-run", "--list", action="store_true", help="say what would be written, and write nothing"
    )
    return parser
