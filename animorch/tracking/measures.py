"""Measures: a point's numbers as MLflow metrics, each with a key, a value and a step."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from animorch.runs.names import METRICS
from animorch.runs.record import Record
from animorch.tracking.names import legal


class Measurement(NamedTuple):
    """One number; step is the frame, 0 for a scalar."""

    key: str
    value: float
    step: int = 0


def measurements(record: Record, folder: Path) -> Iterator[Measurement]:
    """Finite numbers of a point: timings, scalars, and series.

    MLflow shows a series' last step as the metric's value. So one whose name does not say that it
    is a series (`brightness_by_frame`) goes under `<name>.by_frame`, and its mean under its name.
    MLflow turns inf into 1.8e308, which ruins a chart: see `unbounded` for what is left out here.
    """
    scalars = dict(_scalars(record, folder))
    yield from (Measurement(legal(key), value) for key, value in scalars.items() if math.isfinite(value))
    for key, series in _series(folder):
        for frame, value in enumerate(series):
            if value is not None and math.isfinite(value):
                yield Measurement(legal(key if _says_so(key) else f"{key}.by_frame"), float(value), frame)


def _says_so(key: str) -> bool:
    return "_by_" in key


def unbounded(record: Record, folder: Path) -> dict[str, str]:
    """Scalars that are inf or nan (the PSNR of equal frames), to be kept as tags."""
    return {key: str(value) for key, value in _scalars(record, folder) if not math.isfinite(value)}


def _scalars(record: Record, folder: Path) -> Iterator[tuple[str, float]]:
    yield from ((f"seconds.{stage}", seconds) for stage, seconds in record.seconds.items())
    for key, series in _series(folder):
        finite = [value for value in series if value is not None and math.isfinite(value)]
        if finite and key not in record.metrics and not _says_so(key):
            yield key, math.fsum(finite) / len(finite)
    for key, value in _measured(folder):
        if isinstance(value, (int, float)) and key not in record.metrics:
            yield key, float(value)
    yield from record.metrics.items()


def _series(folder: Path) -> Iterator[tuple[str, list[float | None]]]:
    yield from ((key, value) for key, value in _measured(folder) if isinstance(value, list))


def _measured(folder: Path) -> Iterator[tuple[str, Any]]:
    """Names and values of metrics.json: those of the final clip bare, the others `before_post.<name>`."""
    try:
        found: Mapping[str, Any] = json.loads((folder / METRICS).read_bytes())
    except (OSError, ValueError):
        return
    yield from found.get("final", {}).items()
    yield from ((f"before_post.{key}", value) for key, value in found.get("before_post", {}).items())
