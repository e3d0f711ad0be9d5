"""`animorch train mode=motion data.folder=clips`: learn weights from clips, or go on learning them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from animorch.errors import UsageError
from animorch.plugin import Command

if TYPE_CHECKING:
    from animorch.training.processes import Place
    from animorch.training.run import Sitting

_FLAGS = "--help, --cfg job, --config-dir DIR and --config-name NAME"


class Train(Command):
    """One training a command; the same command resumes it."""

    name: ClassVar[str] = "train"
    help: ClassVar[str] = "train a motion module, a LoRA or a small model; the same command resumes"

    def run(self, words: Sequence[str]) -> int:
        """0 done, 2 wrong usage, 3 failed, 130 interrupted."""
        asked, rest = _parser().parse_known_args(list(words))
        _refuse_flags(rest)
        if asked.help:
            return self._explain(rest, asked)
        if asked.cfg:
            return self._show(rest, asked)
        from animorch.training.processes import Place

        place = Place.here()
        if place.number:
            return self._follow(rest, asked, place)
        from animorch.config.training import training

        composed = training(rest, asked.config_dir, asked.config_name)
        from animorch.training.run import train

        sitting = train(composed)
        print(_summary(sitting))
        return 130 if sitting.record.state == "interrupted" else 0

    @staticmethod
    def _follow(words: Sequence[str], asked: argparse.Namespace, place: Place) -> int:
        """A process beside the first ends as the first does, and leaves it to that one to say why."""
        from animorch.config.training import training
        from animorch.training.processes import follow

        try:
            follow(training(words, asked.config_dir, asked.config_name), place)
        except UsageError:
            return 2
        except KeyboardInterrupt:
            return 130
        return 0

    @staticmethod
    def _explain(words: Sequence[str], asked: argparse.Namespace) -> int:
        from animorch.commands.train_usage import train_usage
        from animorch.config.training import draft

        print(train_usage(draft(words, asked.config_dir, asked.config_name)))
        return 0

    @staticmethod
    def _show(words: Sequence[str], asked: argparse.Namespace) -> int:
        import yaml

        from animorch.config.training import draft

        values = draft(words, asked.config_dir, asked.config_name)
        print(yaml.safe_dump(values, sort_keys=False, allow_unicode=True).rstrip())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("animorch train", add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--cfg", "-c", choices=("job",))
    parser.add_argument("--config-name", "-cn", default="train")
    parser.add_argument("--config-dir", "-cd")
    return parser


def _refuse_flags(words: Sequence[str]) -> None:
    """Raise UsageError for a flag of Hydra's that has no meaning here, and for a word that sets no key."""
    for word in words:
        if word in ("-m", "--multirun"):
            raise UsageError(
                "train has no sweeps (-m); repeat the command with another name for each training"
            )
        if word.startswith("-"):
            raise UsageError(f"train has no option {word}; it has {_FLAGS}")
        if "=" not in word and word[0] not in "+~":
            raise UsageError(f"{word!r} is not KEY=VALUE; see `animorch train --help`")


def _summary(sitting: Sitting) -> str:
    """What became of it, what was made of it and how it is used or gone on with."""
    from animorch.training.choice import command_line
    from animorch.training.pace import spoken

    record = sitting.record
    if record.state == "interrupted":
        words = tuple(word for word in record.command if not word.startswith("force="))
        done = f"interrupted after step {record.step}" + (f" of {record.total}" if record.total else "")
        lines = [f"{done}; go on from the last checkpoint with", f"  {command_line(words)}"]
    elif sitting.fresh:
        lines = [f"{record.name}: {record.step} steps in {spoken(record.seconds)}"]
    else:
        lines = [
            f"{record.name} is trained already ({record.step} steps); steps=N trains on, force=true anew"
        ]
    for preset, path in sitting.choices:
        if path is not None:
            lines.append(f"written {_near(path)}")
        lines.append(f"use it  {preset.usage}")
    lines += [f"warning: {text}" for text in sitting.warnings]
    return "\n".join([*lines, _near(sitting.folder)])


def _near(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
