"""Stage: what is trained. One for each mode: vae, base (image and motion), motion, motion_lora."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import torch

from animorch_diffusers.training.batch import Batch

Tensor = Any
Values = dict[str, Any]  # tensors by the names of the parameters that learn


class Stage(torch.nn.Module, ABC):  # type: ignore[misc]  # torch is Any to mypy here
    """A module whose forward is the loss, so that accelerate can cast it and spread it over processes."""

    @abstractmethod
    def learning(self) -> dict[str, torch.nn.Parameter]:
        """The parameters that learn, by names that stay the same from run to run; the others are frozen."""

    @abstractmethod
    def forward(self, batch: Batch) -> Tensor:
        """Scalar loss of a batch. Chance comes from the batch, or from torch's generator, seeded by it."""

    @abstractmethod
    def export(self, result: Path, values: Values) -> None:
        """Write what was made into the result folder, with these values of what learns."""

    def studio(self) -> Any:
        """What renders validation clips (a validation.Studio); None where none are wanted."""
        return None
