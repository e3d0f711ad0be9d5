"""Export: finished parts in diffusers' layout, never half written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def placed(folder: Path) -> Iterator[Path]:
    """A fresh folder to write into, which takes the old one's place when all went well."""
    beside, old = folder.with_name(f".{folder.name}"), folder.with_name(f".{folder.name}.old")
    for left in (beside, old):  # by one that was killed
        shutil.rmtree(left, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        yield beside
        for file in beside.rglob("*.safetensors"):
            _share(file)
        if folder.exists():
            os.replace(folder, old)
        os.replace(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def placed_file(path: Path) -> Iterator[Path]:
    """A name to write to, which takes the path's place when all went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}")
    try:
        yield beside
        _share(beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _share(file: Path) -> None:
    """As open as its folder; safetensors leaves a file to its owner alone."""
    file.chmod(file.parent.stat().st_mode & 0o666)
