"""Logbook: a point's log.txt, and the seconds that its stages took."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, get_ident
from time import perf_counter

log = logging.getLogger("animorch")
_open: list[int] = []  # log files being written; several while points are rendered side by side
_level, _lock = logging.NOTSET, Lock()


@dataclass
class Watch:
    """Wall-clock seconds of the stages, for the record."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + perf_counter() - start, 4)
            log.info("%s took %.3f s", name, self.seconds[name])


@contextmanager
def log_file(path: Path) -> Iterator[None]:
    """Everything logged while a point is made goes into its log.txt."""
    handler = logging.FileHandler(path, encoding="utf-8")
    thread = get_ident()
    handler.addFilter(lambda line: line.thread == thread)  # MLflow is written in another thread meanwhile
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    _talk(thread)
    try:
        yield
    finally:
        _fall_silent(thread)
        root.removeHandler(handler)
        with suppress(OSError):  # a full disk; what it keeps from being written is told elsewhere
            handler.close()


def _talk(thread: int) -> None:
    """Log what is of interest, from the first open file on."""
    global _level
    with _lock:
        if not _open:
            _level = log.level
        _open.append(thread)
        log.setLevel(logging.INFO)


def _fall_silent(thread: int) -> None:
    """With the last open file the level goes back to what it was."""
    with _lock:
        _open.remove(thread)
        if not _open:
            log.setLevel(_level)
