"""Measured: the numbers of a point, read from metrics.json and its record."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from animorch.runs.names import METRICS
from animorch.runs.record import Record


def scalars(record: Record, folder: Path) -> dict[str, float]:
    """Every single number, infinite ones too: `seconds.<stage>`, the means of series, and the metrics."""
    return dict(_scalars(record, folder))


def series(folder: Path) -> Iterator[tuple[str, list[float | None]]]:
    """Numbers along the frames."""
    yield from ((key, value) for key, value in _measured(folder) if isinstance(value, list))


def is_series_name(key: str) -> bool:
    """Whether the name says that it is a series (`flicker_by_pair`): then its mean has a name of its own."""
    return "_by_" in key


def _scalars(record: Record, folder: Path) -> Iterator[tuple[str, float]]:
    yield from ((f"seconds.{stage}", seconds) for stage, seconds in record.seconds.items())
    for key, values in series(folder):
        finite = [value for value in values if value is not None and math.isfinite(value)]
        if finite and key not in record.metrics and not is_series_name(key):
            yield key, math.fsum(finite) / len(finite)
    for key, value in _measured(folder):
        if isinstance(value, (int, float)) and key not in record.metrics:
            yield key, float(value)
    yield from record.metrics.items()


def _measured(folder: Path) -> Iterator[tuple[str, Any]]:
    """Names and values of metrics.json: those of the final clip bare, the others `before_post.<name>`."""
    try:
        found: Mapping[str, Any] = json.loads((folder / METRICS).read_bytes())
    except (OSError, ValueError):
        return
    yield from found.get("final", {}).items()
    yield from ((f"before_post.{key}", value) for key, value in found.get("before_post", {}).items())
