"""Losses: losses.jsonl, a line for every logged step, each step once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

from animorch.place import write_text
from animorch.runs.names import LOSSES
from animorch.runs.training import read_losses


class Losses:
    """Appends lines. Steps that a crash made after the last checkpoint are made again: their lines go."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begun = False

    def from_step(self, step: int) -> None:
        """Drop the lines of this step and later ones, and a torn line; once, before the first is added."""
        if self._begun:
            return
        self._begun = True
        path = self._folder / LOSSES
        if path.exists():
            kept = (line for line in read_losses(self._folder) if line["step"] < step)
            write_text(path, "".join(json.dumps(line) + "\n" for line in kept))

    def add(self, step: int, numbers: Mapping[str, float]) -> None:
        """One line: step, the finite numbers as they are, the others as text, and the time."""
        line: dict[str, float | str] = {"step": step}
        for key, value in numbers.items():
            line[key] = float(value) if isfinite(value) else str(value)
        line["time"] = datetime.now(UTC).isoformat(timespec="milliseconds")
        with (self._folder / LOSSES).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
