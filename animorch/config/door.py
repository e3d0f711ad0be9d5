"""Hydra's own main, with its errors said in sentences and its exit code kept for usage."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from animorch.config.compose import CONFIG
from animorch.config.explain import comma_trap, explained, split_by_comma
from animorch.config.folders import shipped
from animorch.config.schema import teach_hydra
from animorch.errors import AnimorchError, UsageError


def hydra_main(words: Sequence[str], task: Callable[[Any], Any]) -> int:
    """Let Hydra parse the words and call us back; raises UsageError for what it refuses."""
    for word in words:
        if split_by_comma(word):
            raise UsageError(comma_trap(word))
    full, argv = os.environ.get("HYDRA_FULL_ERROR"), sys.argv
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises instead of printing and exiting with 1
    sys.argv = ["animorch", *sorted(words, key=_is_override)]  # argparse wants its flags in front
    try:
        teach_hydra(_config_dir(words))
        hydra.main(config_path=str(shipped()), config_name=CONFIG, version_base="1.3")(task)()
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError) as error:
        if full == "1" or (type(error) is ValueError and not _is_of_flags(error)):
            raise
        raise UsageError(explained(error, *words)) from error
    except SystemExit as stop:
        if isinstance(stop.__cause__, AnimorchError):
            raise stop.__cause__ from None
        return stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 2
    finally:
        sys.argv = argv
        if full is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = full
        GlobalHydra.instance().clear()
    return 0


def _is_of_flags(error: ValueError) -> bool:
    """Hydra raises a bare ValueError for flags that do not go together; any other one is a fault of ours."""
    return "--run" in str(error) or "--resolve" in str(error)


def _is_override(word: str) -> bool:
    return word.startswith(("+", "~")) or ("=" in word and not word.startswith("-"))


def _config_dir(words: Sequence[str]) -> str | None:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--config-dir", "-cd")
    found: str | None = parser.parse_known_args(list(words))[0].config_dir
    return found
