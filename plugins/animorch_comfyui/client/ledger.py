"""Ledger: the jobs that this person's processes have sent and not seen the end of.

A job's id is drawn when it is sent, kept while the job is under way and forgotten when it has ended in any
way. So after a crash the same command finds the id of the same graph, asks the servers for its job and takes
it over; and a clip that is rendered anew never gets an older job's result.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from uuid import UUID, uuid4

log = logging.getLogger(__name__)


class Ledger:
    """A small file a job under way, named by its graph's key.

    Where the folder cannot be written it lives in memory, and a crash is not recovered from.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._memory, self._lock = folder, dict[str, str](), Lock()

    def job(self, key: str) -> tuple[str, bool]:
        """The id of a graph's job (a UUID), and whether it was sent, so that a server may have it."""
        kept = self._read(key)
        return (kept, True) if kept else (str(uuid4()), False)

    def sent(self, key: str, job: str) -> None:
        """Say that a job is about to be sent."""
        with self._held():
            self._write(key, job)

    def ended(self, key: str, job: str) -> None:
        """Say that a job has ended: collected, failed or cancelled."""
        with self._held():
            if self._read(key) == job:
                self._memory.pop(key, None)
                with suppress(OSError):
                    self._file(key).unlink(missing_ok=True)

    def _read(self, key: str) -> str | None:
        with suppress(OSError, ValueError):
            return str(UUID(self._memory.get(key) or self._file(key).read_text(encoding="ascii")))
        return None

    def _write(self, key: str, job: str) -> None:
        path = self._file(key)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            fresh.write_text(job, encoding="ascii")
            os.replace(fresh, path)
        except OSError as error:
            if not self._memory:
                log.warning("%s cannot be written (%s): after a crash jobs are rendered anew", path, error)
            self._memory[key] = job

    def _file(self, key: str) -> Path:
        return self._folder / key

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Nobody else writes meanwhile, neither a thread nor a process."""
        from filelock import FileLock

        with self._lock:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                lock = FileLock(self._folder / ".lock")
                lock.acquire(timeout=10)
            except (OSError, TimeoutError):  # read-only, or a file system without locks
                yield
                return
            try:
                yield
            finally:
                lock.release()


def own_ledger() -> Ledger:
    """The ledger in the person's cache folder."""
    from platformdirs import user_cache_path

    return Ledger(user_cache_path("animorch") / "comfyui" / "jobs")
