"""Measures: a point's numbers as MLflow metrics, each with a key, a value and a step."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from animorch.runs.measured import is_series_name, scalars, series
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
    single = scalars(record, folder)
    yield from (Measurement(legal(key), value) for key, value in single.items() if math.isfinite(value))
    for key, values in series(folder):
        for frame, value in enumerate(values):
            if value is not None and math.isfinite(value):
                name = key if is_series_name(key) else f"{key}.by_frame"
                yield Measurement(legal(name), float(value), frame)


def unbounded(record: Record, folder: Path) -> dict[str, str]:
    """Scalars that are inf or nan (the PSNR of equal frames), to be kept as tags."""
    return {key: str(value) for key, value in scalars(record, folder).items() if not math.isfinite(value)}
