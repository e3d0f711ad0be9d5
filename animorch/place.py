"""Placing: a file or folder is written beside its place, then renamed into it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from animorch.errors import MediaError


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A free hidden name in path's folder, with its suffix; takes path's place if the block ends well.

    Raises MediaError when the place cannot be written.
    """
    fresh = _hidden(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield fresh
        put(fresh, path, aside=_hidden(path))
    except OSError as error:
        raise MediaError(
            f"{path} could not be written ({error.strerror or error}); check the folder and the disk space"
        ) from error
    finally:
        _remove(fresh)


def put(fresh: Path, path: Path, aside: Path) -> None:
    """Rename a file or folder into its place; a folder that stands there goes `aside` and is removed."""
    if path.is_dir():  # one that holds files cannot be replaced in one step
        path.rename(aside)
        fresh.rename(path)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        os.replace(fresh, path)


def write_text(path: Path, text: str) -> None:
    """Write a small file atomically; raises MediaError."""
    with beside(path) as fresh:
        fresh.write_text(text, encoding="utf-8")


def _hidden(path: Path) -> Path:
    return path.with_name(f".{uuid4().hex[:8]}.{path.name}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
