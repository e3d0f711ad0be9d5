"""Optimiser: AdamW in 32 or 8 bits, and the course of its learning rate."""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, pi
from typing import Any

from animorch import TrainingError
from animorch_diffusers.training.recipe import Optimiser
from animorch_diffusers.training.run import Run


def optimiser_of(told: Optimiser, learning: Iterable[Any]) -> Any:
    """An optimiser of these parameters alone; its rate is set before each step."""
    options = {"lr": 1.0, "betas": told.betas, "eps": told.epsilon, "weight_decay": told.weight_decay}
    if told.name == "adamw":
        import torch

        return torch.optim.AdamW(list(learning), **options)
    try:
        import bitsandbytes  # type: ignore[import-not-found]
    except Exception as error:  # a build that does not fit the card's driver raises its own
        raise TrainingError(
            f"optimiser.name=adamw8bit was asked for and bitsandbytes cannot be loaded ({error}); run: pip "
            "install bitsandbytes, or set optimiser.name=adamw"
        ) from error
    return bitsandbytes.optim.AdamW8bit(list(learning), **options)


def rate(run: Run, step: int, processes: int = 1) -> float:
    """The learning rate of a step: a linear rise, then constant, half a cosine, or a line down.

    With scale_lr the highest rate is learning_rate x batch x accumulate x processes.
    """
    told = run.optimiser
    top = told.learning_rate * (run.batch * run.accumulate * processes if told.scale_lr else 1)
    if step < told.warmup:
        return top * (step + 1) / told.warmup
    if told.schedule == "constant":
        return top
    done = min((step - told.warmup) / max(1, run.steps - told.warmup), 1.0)
    left = 1 - done if told.schedule == "linear" else (1 + cos(pi * done)) / 2
    return top * (told.floor + (1 - told.floor) * left)
