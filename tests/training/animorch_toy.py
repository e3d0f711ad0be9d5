"""A stranger's trainer without torch: a number walks towards the mean brightness of nothing at all."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from animorch import Checkpoint, Clip, MotionModule, Preset, Report, Trainer, hookimpl


class Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str = Field(description="Folder of clips.")
    options: dict[str, Any] = Field({}, description="Whatever.")


class Validation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    every: int = Field(0, ge=0, description="Steps between validation clips; 0: never.")


class Toy(Trainer):
    """Learns a number.

    Not for people.
    """

    name: ClassVar[str] = "toy"

    seed: int = Field(3, ge=0, description="Chance.")
    steps: int = Field(8, ge=1, description="Steps to take.")
    log_every: int = Field(1, ge=1, description="Steps between lines.")
    checkpoint_every: int = Field(2, ge=1, description="Steps between checkpoints.")
    rate: float = Field(0.5, gt=0, description="Learning rate.")
    nap: float = Field(0.0, ge=0, description="Seconds a step sleeps.")
    stumbles_at: int | None = Field(None, description="Step at which it fails.")
    data: Data = Field(description="Clips.")
    validation: Validation = Field(Validation(), description="Looking.")
    motion: MotionModule = Field(description="Start weights.")

    changeable: ClassVar[tuple[str, ...]] = (*Trainer.changeable, "nap", "stumbles_at")

    def preflight(self) -> list[str]:
        there = Path(self.data.folder).is_dir()
        return [] if there else [f"data.folder={self.data.folder} is not there; give a folder of clips"]

    def train(self, folder: Path, name: str, report: Report) -> list[Preset]:
        state: dict[str, float] = {"step": 0, "value": 0.0}
        if (folder / "state.json").is_file():
            state = json.loads((folder / "state.json").read_text())
        if self.seed == 13:
            report.note("13 is said to be unlucky")
        while state["step"] < self.steps:
            self._step(state, folder, report)
        weights = folder / "result" / f"{name}.safetensors"
        weights.parent.mkdir(exist_ok=True)
        weights.write_text(repr(state["value"]))
        values = {"base": "sd15", "path": str(weights), "table": 32}
        return [Preset(group="motion", values=values, usage=f"animorch -m motion=v15_v2,{name}")]

    def _step(self, state: dict[str, Any], folder: Path, report: Report) -> None:
        time.sleep(self.nap)
        if state["step"] == self.stumbles_at:
            raise ZeroDivisionError("the toy stumbled")
        state["step"] += 1
        state["value"] += self.rate * (self.seed - state["value"])
        step = state["step"]
        numbers: Mapping[str, float] = {"loss": abs(self.seed - state["value"]), "rate": self.rate}
        report.progress(step, self.steps, numbers if step % self.log_every == 0 else {})
        if self.validation.every and step % self.validation.every == 0:
            report.clip("a red star", _plain(step), step)
        if step % self.checkpoint_every == 0 or step == self.steps:
            (folder / ".state").write_text(json.dumps(state))
            os.replace(folder / ".state", folder / "state.json")


class Other(Trainer):
    """Learns nothing, from no start weights."""

    name: ClassVar[str] = "toy_base"

    size: int = Field(4, ge=1, description="How large.")

    def train(self, folder: Path, name: str, report: Report) -> list[Preset]:
        report.progress(1, 1, {})
        return [Preset(group="none", usage=f"animorch checkpoint=local checkpoint.path={folder}")]


class Started(Other):
    """Starts from a checkpoint, which it need not have."""

    name: ClassVar[str] = "toy_started"

    checkpoint: Checkpoint | None = Field(None, description="Start weights.")

    def train(self, folder: Path, name: str, report: Report) -> list[Preset]:
        report.progress(1, 1, {})
        values = {"base": "sd15", "path": str(folder)}
        return [Preset(group="motion", values=values, usage=f"animorch motion={name}")]


class Spread(Other):
    """Trains in several processes."""

    name: ClassVar[str] = "toy_spread"
    several: ClassVar[bool] = True

    def train(self, folder: Path, name: str, report: Report) -> list[Preset]:
        report.note("a note")
        if self.size == 13:
            raise ZeroDivisionError("the toy stumbled")
        return super().train(folder, name, report)


def _plain(step: int) -> Clip:
    import numpy as np

    return Clip(np.full((4, 16, 16, 3), step * 20 % 256, np.uint8))


@hookimpl
def animorch_trainers() -> list[type[Trainer]]:
    return [Toy, Other, Started, Spread]
