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
    fresh = path.with_name(f".{uuid4().hex[:8]}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield fresh
        _put(fresh, path)
    except OSError as error:
        raise MediaError(
            f"{path} could not be written ({error.strerror or error}); check the folder and the disk space"
        ) from error
    finally:
        _remove(fresh)


def _put(fresh: Path, path: Path) -> None:
    if path.is_dir():  # a folder that holds files cannot be replaced in one step
        old = path.with_name(f".{uuid4().hex[:8]}.{path.name}")
        path.rename(old)
        fresh.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(fresh, path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
