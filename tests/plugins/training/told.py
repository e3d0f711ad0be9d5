"""Told: a report that keeps what it is told, and can stop a training as Ctrl-C does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from animorch import Clip


@dataclass
class Told:
    """losses and rates: by step. stop: the step after which Ctrl-C comes."""

    stop: int | None = None
    losses: dict[int, float] = field(default_factory=dict)
    rates: dict[int, float] = field(default_factory=dict)
    steps: list[int] = field(default_factory=list)
    clips: dict[tuple[int, str], Clip] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def progress(self, step: int, total: int, numbers: Mapping[str, float]) -> None:
        self.steps.append(step)
        if numbers:
            self.losses[step], self.rates[step] = numbers["loss"], numbers["rate"]
        if step == self.stop:
            raise KeyboardInterrupt

    def clip(self, name: str, clip: Clip, step: int) -> None:
        self.clips[step, name] = clip

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)
