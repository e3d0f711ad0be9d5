"""Claim: this session's hold on a server, kept in files, so that a kill -9 cannot lose what it changed.

A folder a server in the user's cache:
    options.json    what options were before the first session that changed them; gone once given back
    <session>.lock  held while the session lives; one that can be taken is of a session that was killed
    job.lock        held while a job is under way, since interrupt and checkpoint are the whole server's
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

_SHORT = 10  # seconds to wait for another session that reads or writes the folder


class Claim:
    """One session's part. Where the cache cannot be written everything is kept in memory alone."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._folder: Path | None = folder_of(url)
        self._alive: FileLock | None = None
        self._job: FileLock | None = None
        self._values: dict[str, Any] = {}

    def enter(self) -> dict[str, Any]:
        """Begin; returns the options that a killed session left changed, as they were before it."""
        try:
            with self._mutex() as folder:
                alone = not _living(folder)
                self._alive = _lock(folder / f"{uuid4().hex}.lock")
                self._alive.acquire(timeout=0)
                self._job = _lock(folder / "job.lock")
                self._values = _read(folder)
                return dict(self._values) if alone else {}
        except (OSError, Timeout):
            self._folder = None
            return {}

    def leave(self) -> dict[str, Any]:
        """End; returns what is to be given back, which is nothing while another session goes on.

        Call `settled` once that is done.
        """
        values = dict(self._values)
        with suppress(OSError, Timeout), self._mutex() as folder:
            _drop(self._alive)
            self._alive = None
            return {} if _living(folder) else values | _read(folder)
        return values

    def remember(self, values: Mapping[str, Any]) -> None:
        """Keep how options were, before they are changed; what was kept first stands."""
        self._values = {**values, **self._values}
        with suppress(OSError, Timeout), self._mutex() as folder:
            self._values = {**values, **_read(folder)}
            _write(folder, {"url": self._url, "values": self._values})

    @property
    def remembered(self) -> Mapping[str, Any]:
        """How options were before the first session changed them."""
        return self._values

    def settled(self, still: Mapping[str, Any] | None = None) -> None:
        """All but `still` is as it was: forget it."""
        self._values = {}
        with suppress(OSError, Timeout), self._mutex() as folder:
            if _living(folder):
                return
            if still:
                _write(folder, {"url": self._url, "values": dict(still)})
            else:
                (folder / "options.json").unlink(missing_ok=True)

    def begins(self) -> bool:
        """Try to be the one session of this machine that has a job on the server."""
        if self._job is None:
            return True
        try:
            self._job.acquire(timeout=0)
        except Timeout:
            return False
        except OSError:
            self._job = None
        return True

    def ends(self) -> None:
        if self._job is not None and self._job.is_locked:
            self._job.release()

    @contextmanager
    def _mutex(self) -> Iterator[Path]:
        if self._folder is None:
            raise OSError("no cache folder")
        self._folder.mkdir(parents=True, exist_ok=True)
        with _lock(self._folder / "folder.mutex").acquire(timeout=_SHORT):
            yield self._folder


def folder_of(url: str) -> Path:
    """Where the claims on a server lie; the address is not readable in the name."""
    plain = url.lower().rstrip("/").replace("//localhost", "//127.0.0.1")
    return user_cache_path("animorch") / "a1111" / hashlib.sha256(plain.encode()).hexdigest()[:16]


def _lock(path: Path) -> FileLock:
    return FileLock(path, thread_local=False)  # taken in a render's thread, given back by close()


def _living(folder: Path) -> bool:
    """Whether another session lives; the lock files of dead ones are swept out."""
    found = False
    for path in folder.glob("*.lock"):
        if path.name == "job.lock":
            continue
        probe = _lock(path)
        try:
            probe.acquire(timeout=0)
        except Timeout:
            found = True
        else:
            _drop(probe)
    return found


def _drop(lock: FileLock | None) -> None:
    if lock is not None:
        lock.release(force=True)
        with suppress(OSError):
            Path(lock.lock_file).unlink()


def _read(folder: Path) -> dict[str, Any]:
    try:
        values = json.loads((folder / "options.json").read_text(encoding="utf-8"))["values"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return values if isinstance(values, dict) else {}


def _write(folder: Path, content: Mapping[str, Any]) -> None:
    fresh = folder / f".{uuid4().hex}.json"
    fresh.write_text(json.dumps(content), encoding="utf-8")
    os.replace(fresh, folder / "options.json")
