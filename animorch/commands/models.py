"""`animorch models list|show|pull|verify|path`: where weights come from."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from animorch.errors import AnimorchError, UsageError
from animorch.plugin import Command

if TYPE_CHECKING:
    from animorch.models.registry import Model
    from animorch.models.verify import Verdict

_EPILOG = """\
ANIMORCH_MODELS lists folders in which weights are looked for by name, parted as PATH is:
a folder of your own, a ComfyUI or A1111 installation, or an extra_model_paths.yaml.
Without --to, pull fills the hub's cache, which other programs share. See docs/models.md."""


class Models(Command):
    """One word more says what to do."""

    name: ClassVar[str] = "models"
    help: ClassVar[str] = "weights: models list | show NAME | pull NAME | verify [NAME] | path NAME"

    def run(self, words: Sequence[str]) -> int:
        """0; 3 when something asked for is not here, was not delivered or is not what it should be."""
        asked = _parser().parse_args(list(words))
        deed: Callable[[Any], int] = asked.deed
        return deed(asked)


def _list(asked: argparse.Namespace) -> int:
    from animorch.commands.models_shown import rows, table
    from animorch.models.registry import GROUPS

    if asked.kind is not None and asked.kind not in GROUPS:
        raise UsageError(f"{asked.kind!r} is no kind of weights; there is {', '.join(GROUPS)}")
    found = [row for row in rows(asked.kind) if row["path"] or not asked.installed]
    _warn_of_missing_roots()
    if asked.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    elif found:
        table(found)
    else:
        print("nothing of it is here; `animorch models list` has what can be pulled")
    return 0


def _warn_of_missing_roots() -> None:
    """A folder that is not there is no error, since a disk may be away; a person wants to know it."""
    from animorch.shelf.search import VARIABLE, roots

    for root in roots():
        if not root.exists():
            print(f"{VARIABLE} lists {root}, where nothing is", file=sys.stderr)


def _show(asked: argparse.Namespace) -> int:
    from animorch.commands.models_shown import facts, sheet
    from animorch.models.registry import named_models

    found = [facts(model) for model in named_models(asked.name)]
    print(json.dumps(found, indent=2, ensure_ascii=False) if asked.json else "\n\n".join(map(sheet, found)))
    return 0


def _pull(asked: argparse.Namespace) -> int:
    """In the order named; one that fails does not keep the others from coming."""
    from animorch.models.registry import named_models

    asked_for = [model for name in asked.names for model in named_models(name)]
    return max([_pulled(model, asked.to) for model in asked_for], default=0)


def _pulled(model: Model, to: Path | None) -> int:
    from animorch.models.pull import pull
    from animorch.shelf.search import VARIABLE, find

    try:
        path, fetched = pull(model, to)
    except AnimorchError as error:
        print(f"animorch: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 3
    print(f"{'pulled ' if fetched else 'here   '} {model.entry.name}: {path}")
    if to is not None and find(path.name, [model.kind]) != path:
        print(f"{VARIABLE} does not list {path.parent}, so it is not looked for there yet", file=sys.stderr)
    return 0


def _verify(asked: argparse.Namespace) -> int:
    from animorch.models.verify import strangers

    verdicts = _of_names(asked.names) if asked.names else _of_all()
    if not asked.names:
        verdicts += list(strangers(verdicts))
    if asked.json:
        print(json.dumps([{**vars(verdict), "path": _text(verdict.path)} for verdict in verdicts], indent=2))
    else:
        for verdict in verdicts:
            at = f"\n         {verdict.path}" if verdict.path else ""
            print(f"{verdict.state:<8} {verdict.name}: {verdict.said}{at}")
    if not verdicts:
        print("no weights are here; `animorch models list` has what can be pulled", file=sys.stderr)
    return 3 if any(verdict.state in ("wrong", "missing") for verdict in verdicts) else 0


def _of_names(names: Sequence[str]) -> list[Verdict]:
    """Of presets by name, and of files by path."""
    from animorch.models.registry import named_models
    from animorch.models.verify import verdict_of, verdict_on

    verdicts: list[Verdict] = []
    for name in names:
        path = Path(name).expanduser()
        if path.is_file():
            verdicts.append(verdict_on(path))
        else:
            verdicts += [verdict_of(model) for model in named_models(name)]
    return verdicts


def _of_all() -> list[Verdict]:
    from animorch.models.registry import models
    from animorch.models.verify import verdict_of

    verdicts = [verdict_of(model) for model in models() if model.entry.repo]
    return [verdict for verdict in verdicts if verdict.state != "missing"]


def _path(asked: argparse.Namespace) -> int:
    from animorch.models.place import place_of
    from animorch.models.registry import named_models

    found = [(model, place_of(model.entry, hashed=True)) for model in named_models(asked.name)]
    for _, place in found:
        if place is not None:
            print(place.path)
            return 0
    model, _ = found[0]
    how = f"run: {model.needs}" if model.entry.repo else f"there is nothing at {model.entry.path}"
    print(f"animorch: {model.entry.name} is not here; {how}", file=sys.stderr)
    return 3


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "animorch models",
        description=Models.help,
        epilog=_EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(required=True, metavar="list|show|pull|verify|path")
    listing = _deed(deeds, "list", _list, "known weights, and which are here")
    listing.add_argument("kind", nargs="?", help="motion, checkpoint, motion_lora …; none: all")
    listing.add_argument("--installed", action="store_true", help="only what is here")
    showing = _deed(deeds, "show", _show, "all that is known of weights")
    showing.add_argument("name")
    for each in (listing, showing):
        each.add_argument("--json", action="store_true", help="print it as JSON")
    pulling = _deed(deeds, "pull", _pull, "fetch weights from the hub, checked; goes on where it stopped")
    pulling.add_argument("names", nargs="+", metavar="NAME", help="a name, or OWNER/REPO[@REVISION][/FILE]")
    pulling.add_argument("--to", type=Path, metavar="FOLDER", help="a folder, or a ComfyUI or A1111 tree")
    verifying = _deed(deeds, "verify", _verify, "hash what is here, and say what unknown files are")
    verifying.add_argument("names", nargs="*", metavar="NAME", help="names or files; none: all that is here")
    verifying.add_argument("--json", action="store_true", help="print it as JSON")
    _deed(deeds, "path", _path, "print where weights are, for scripts").add_argument("name")
    return parser


def _deed(deeds: Any, name: str, deed: Callable[[Any], int], help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = deeds.add_parser(name, help=help, description=help, allow_abbrev=False)
    parser.set_defaults(deed=deed)
    return parser
