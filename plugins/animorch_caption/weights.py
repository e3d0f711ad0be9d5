"""Weights: a folder that is at hand, in the hub's cache or where the person says; nothing is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from animorch import UsageError


def folder_of(weights: str, files: Sequence[str]) -> Path | None:
    """The folder with `files`: `weights` itself, or its snapshot in the hub's cache; None when not there."""
    own = Path(weights).expanduser()
    if own.is_dir():
        return own if all((own / file).is_file() for file in files) else None
    if not find_spec("huggingface_hub") or weights.count("/") != 1:
        return None
    from huggingface_hub import try_to_load_from_cache

    found = [try_to_load_from_cache(weights, file) for file in files]
    return Path(str(found[0])).parent if all(isinstance(path, str) for path in found) else None


def at_hand(weights: str, files: Sequence[str]) -> Path:
    """The same; raises UsageError when it is not there."""
    found = folder_of(weights, files)
    if found is None:
        raise UsageError(absence(weights, files))
    return found


def absence(weights: str, files: Sequence[str]) -> str:
    """What a person does about weights that are not there."""
    named = " and ".join(files)
    if Path(weights).expanduser().is_dir():
        return f"the folder {weights} lacks {named}; check weights=FOLDER"
    return (
        f"{weights} is neither a folder nor in the hub's cache; run `hf download {weights}`, give "
        f"weights=FOLDER with {named}, or use `--captioner file_name`, which needs none"
    )


def missing(captioner: str, modules: Sequence[str]) -> list[str]:
    """A sentence when libraries are not installed."""
    lost = [module for module in modules if not find_spec(module)]
    if not lost:
        return []
    return [f"--captioner {captioner} needs {' and '.join(lost)}; run `pip install {' '.join(lost)}`"]
