"""Run: the options that every mode has, and how a mode becomes a training. Imports no torch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from animorch import Preset, Report, Trainer
from animorch_diffusers.training.recipe import Data, Optimiser
from animorch_diffusers.training.refusals import data_problems, machine_problems

if TYPE_CHECKING:
    from animorch_diffusers.training.stage import Stage

RESULT = "result"  # of a run's folder


class Run(Trainer):
    """Trains in this process, or in several under torchrun or `accelerate launch`."""

    version: ClassVar[str] = "1"
    several: ClassVar[bool] = True

    seed: int = Field(0, ge=0, description="Decides order, noise, timesteps and dropped captions.")
    data: Data = Field(Data(), description="Where captioned clips come from.")
    batch: int = Field(1, ge=1, description="Samples at once in each process (clips or frames).")
    accumulate: int = Field(1, ge=1, description="Batches whose gradients are averaged before a step.")
    steps: int = Field(1000, ge=1, description="Steps of the optimiser.")
    optimiser: Optimiser = Field(Optimiser(), description="AdamW, its learning rate and the rate's course.")
    precision: Literal["fp32", "bf16", "fp16"] = Field(
        "fp32", description="bf16 and fp16 are autocast: what learns stays fp32."
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where to compute.")
    ema: float = Field(0.995, ge=0, lt=1, description="Decay of the averaged weights; 0 keeps none.")
    threads: int | None = Field(None, ge=1, description="CPU threads; null leaves torch's default.")
    checkpoint_every: int = Field(100, ge=1, description="Steps between checkpoints; each writes the result.")
    log_every: int = Field(10, ge=1, description="Steps between lines of losses.jsonl.")

    def preflight(self) -> list[str]:
        return [*machine_problems(self), *data_problems(self), *self.problems()]

    def problems(self) -> Iterator[str]:
        """What else is wrong with this mode's own options."""
        yield from ()

    def train(self, folder: Path, name: str, report: Report) -> list[Preset]:
        from animorch_diffusers.quiet import quiet

        with quiet():
            from animorch_diffusers.training.loop import train

            train(self, lambda device: self.stage(folder, name, report, device), folder, report)
        return self.presets(folder / RESULT, name)

    @abstractmethod
    def stage(self, folder: Path, name: str, report: Report, device: Any) -> Stage:
        """What learns, on the device, before its first step. Imports torch."""

    @abstractmethod
    def presets(self, result: Path, name: str) -> list[Preset]:
        """What lies in the finished result folder, as config choices."""
