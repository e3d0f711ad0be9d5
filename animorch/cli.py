"""The door: a first word picks a command, everything else goes to Hydra untouched."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from animorch.commands.slip import refuse_slips
from animorch.errors import AnimorchError, UsageError
from animorch.registry import offers


def run() -> None:
    """The console script; what a terminal cannot show, as a name's letters, is written as \\xNN."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))


def main(words: Sequence[str]) -> int:
    """Do what the words say; a person's mistake is one sentence on stderr and exit code 2."""
    try:
        return _dispatch(list(words))
    except UsageError as error:
        return _said(error, 2)
    except AnimorchError as error:
        return _said(error, 3)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `animorch status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _dispatch(words: list[str]) -> int:
    if words and words[0] in ("-h", "--help", "help"):
        return _help()
    if words and words[0] == "--version":
        from importlib.metadata import version

        print(f"animorch {version('animorch')}")
        return 0
    commands = offers("command")
    if words and words[0] in commands:
        return int(commands[words[0]]().run(words[1:]))
    refuse_slips(words, list(commands))
    from animorch.config.door import hydra_main  # Hydra costs 0.2 s, which a command may not need
    from animorch.sweep.launch import task

    return hydra_main(words, task)


def _help() -> int:
    from animorch.commands.usage import usage

    print(usage())
    return 0


def _said(error: AnimorchError, code: int) -> int:
    print(f"animorch: {error}", file=sys.stderr)
    return code
