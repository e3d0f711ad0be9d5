"""Progress: the one state that /progress shows, whoever's job it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Progress:
    """Idle: no job, count 0. What ends a job early is heard at its next step, forgotten by the next one."""

    job: str = ""
    count: int = 0
    step: int = 0
    steps: int = 0
    interrupted: bool = False
    skipped: bool = False
    task: str = ""

    def begin(self, route: str, steps: int, count: int, task: str) -> None:
        self.job, self.count, self.step, self.steps = f"scripts_{route}", count, 0, steps
        self.interrupted, self.skipped, self.task = False, False, task

    def end(self) -> None:
        self.job, self.count, self.step, self.steps, self.task = "", 0, 0, 0, ""

    @property
    def fraction(self) -> float:
        """0 when idle; a hundredth more than the steps say, at most 1."""
        if not self.count:
            return 0.0
        return min(0.01 + self.step / max(self.steps, 1), 1.0)

    def told(self) -> dict[str, Any]:
        state = {
            "skipped": self.skipped,
            "interrupted": self.interrupted,
            "stopping_generation": False,
            "job": self.job,
            "job_count": self.count,
            "job_timestamp": "20240727000000" if self.job else "0",
            "job_no": 0,
            "sampling_step": self.step,
            "sampling_steps": self.steps,
        }
        return {
            "progress": self.fraction,
            "eta_relative": 0.0,
            "state": state,
            "current_image": None,
            "textinfo": None,
        }
