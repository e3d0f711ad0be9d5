"""Files that are whole or absent: filled under runs/.staging, then renamed into place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from animorch.errors import UsageError
from animorch.place import put
from animorch.runs.names import STAGING


@contextmanager
def staged(runs: Path, target: Path) -> Iterator[Path]:
    """A new folder to fill; it takes the target's place when the block ends well, else it is removed."""
    fresh = _staging(runs)
    try:
        yield fresh
        target.parent.mkdir(parents=True, exist_ok=True)
        put(fresh, target, aside=fresh.with_name(f"{fresh.name}-old"))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def writable(runs: Path) -> None:
    """Raise UsageError when nothing can be written there; remove what dead processes left unfinished."""
    _staging(runs).rmdir()
    for lock in (runs / STAGING).glob("*.lock"):
        if lock.stem != _alive(runs).stem:
            _bury(runs, lock)


def _staging(runs: Path) -> Path:
    """An empty folder of this process."""
    try:
        fresh = runs / STAGING / f"{_alive(runs).stem}-{uuid4().hex[:8]}"
        fresh.mkdir(parents=True)
    except OSError as error:
        raise UsageError(
            f"the runs folder {runs} cannot be written ({error.strerror}); choose another with runs=FOLDER"
        ) from error
    return fresh


@lru_cache(maxsize=8)
def _held(runs: Path, process: int) -> FileLock:
    """A lock that lives as long as the process: the sign that its staging folders are in use."""
    (runs / STAGING).mkdir(parents=True, exist_ok=True)
    lock = FileLock(runs / STAGING / f"{process}.{uuid4().hex[:8]}.lock")
    lock.acquire(timeout=0)
    return lock


def _alive(runs: Path) -> Path:
    return Path(_held(runs, os.getpid()).lock_file)


def _bury(runs: Path, lock: Path) -> None:
    """Remove a dead process's folders and its lock; one that is alive cannot be locked."""
    try:
        with FileLock(lock, timeout=0):
            for left in (runs / STAGING).glob(f"{lock.stem}-*"):
                shutil.rmtree(left, ignore_errors=True)
            lock.unlink(missing_ok=True)
    except (Timeout, OSError):
        return


def link_or_copy(source: Path, target: Path) -> None:
    """A hard link where the file system has them, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
