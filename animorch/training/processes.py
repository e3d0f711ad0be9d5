"""Processes: one training spread over several, as torchrun and `accelerate launch` start them.

The first does all that `animorch train` does. The others only learn: they print, log and write nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from animorch.clip import Clip
from animorch.config.training import Training
from animorch.errors import AnimorchError, TrainingError, UsageError
from animorch.runs.names import TRAINING


@dataclass(frozen=True)
class Place:
    """This process among those of one training. number counts from 0."""

    number: int = 0
    count: int = 1

    @classmethod
    def here(cls) -> Place:
        """From the environment that the launchers set (torch.distributed's RANK and WORLD_SIZE)."""
        try:
            found = cls(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))
        except (KeyError, ValueError):
            return cls()
        return found if 0 <= found.number < found.count else cls()


class SilentReport:
    """The Report of the processes beside the first."""

    def progress(self, step: int, total: int, numbers: Mapping[str, float]) -> None:
        """Told by the first."""

    def clip(self, name: str, clip: Clip, step: int) -> None:
        """Kept by the first."""

    def note(self, sentence: str) -> None:
        """Said by the first."""


def refuse_several(training: Training, place: Place) -> None:
    """Raise UsageError when the trainer knows nothing of other processes, and would train once in each."""
    if place.count > 1 and not training.trainer.several:
        raise UsageError(
            f"mode={training.trainer.name} trains in one process and {place.count} were started; "
            "run the command without a launcher"
        )


def follow(training: Training, place: Place) -> None:
    """Learn beside the first process, which writes the folder and joins when it is ready.

    Raises TrainingError; UsageError is the first's to say, which comes to it as well.
    """
    refuse_several(training, place)
    if training.trainer.preflight():
        raise UsageError("the first process says what is wrong")
    settings = training.settings
    try:
        training.trainer.train(settings.runs / TRAINING / settings.name, settings.name, SilentReport())
    except UsageError:
        raise
    except Exception as error:  # a trainer is a stranger: whatever it raises is one sentence
        why = str(error) if isinstance(error, AnimorchError) else f"{type(error).__name__}: {error}"
        raise TrainingError(
            f"process {place.number} of {place.count} failed ({' '.join(why.split())}); repeat the command, "
            "which goes on from the last checkpoint"
        ) from error
