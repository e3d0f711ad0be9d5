"""Files that are whole or absent: written beside, then renamed into place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from animorch.errors import UsageError

STAGING = ".staging"  # under the runs folder; what is in it is not finished


def write_text(path: Path, text: str) -> None:
    """Write a small file atomically."""
    beside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def staged(runs: Path, target: Path) -> Iterator[Path]:
    """A new folder to fill; it takes the target's place when the block ends well, else it is removed."""
    fresh = new_staging(runs)
    try:
        yield fresh
        replace_folder(runs, fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def new_staging(runs: Path) -> Path:
    """An empty folder of this process under runs/.staging; raises UsageError when it cannot be made."""
    fresh = runs / STAGING / f"{os.getpid()}-{uuid4().hex[:8]}"
    try:
        fresh.mkdir(parents=True)
    except OSError as error:
        raise UsageError(
            f"the runs folder {runs} cannot be written ({error.strerror}); choose another with runs=FOLDER"
        ) from error
    return fresh


def replace_folder(runs: Path, fresh: Path, target: Path) -> None:
    """Put a filled folder in the target's place; what stood there is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        old = runs / STAGING / f"{os.getpid()}-{uuid4().hex[:8]}"
        target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        fresh.rename(target)


def sweep_out(runs: Path) -> None:
    """Remove what processes that are gone left unfinished."""
    for left in (runs / STAGING).glob("*-*"):
        pid = left.name.partition("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def link_or_copy(source: Path, target: Path) -> None:
    """A hard link where the file system has them, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
