"""Logbook: a point's log.txt, and the seconds that its stages took."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import get_ident
from time import perf_counter

log = logging.getLogger("animorch")


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
    before = log.level
    root.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.setLevel(before)
        root.removeHandler(handler)
        with suppress(OSError):  # a full disk; what it keeps from being written is told elsewhere
            handler.close()
