"""Trained: a tiny training run to its end, and clips rendered with what it made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from animorch_diffusers import DiffusersBackend
from animorch_diffusers.quiet import quiet
from animorch_diffusers.training.loop import train
from options import run
from rendering import render
from told import Told

from animorch import Preset, RenderSpec

FAST = {"learning_rate": 3e-2, "warmup": 0, "schedule": "constant"}
SHORT = {"steps": 2, "batch": 2, "ema": 0.0}


def trained(mode: str, folder: Path, weights: Path, **changes: Any) -> tuple[Any, list[Preset], Told]:
    told = Told()
    trainer = run(mode, weights, **SHORT | {"optimiser": FAST} | changes)
    return trainer, trainer.train(folder, "mine", told), told


def spec(trainer: Any, **changes: Any) -> RenderSpec:
    small = {"steps": 2, "frames": 4, "width": 64, "height": 64, "seed": 7, "prompt": "a red star"}
    return RenderSpec.model_validate(
        {"checkpoint": trainer.checkpoint, "motion": trainer.motion} | small | changes
    )


def frames(asked: RenderSpec) -> Any:
    backend = DiffusersBackend(device="cpu", threads=1)
    try:
        return render(backend, asked).frames.astype(int)
    finally:
        backend.close()


def stage_of(trainer: Any, folder: Path, *, after: bool = False) -> Any:
    """The stage before its first step, or after its training."""
    with quiet():
        stage = trainer.stage(folder, "mine", Told(), torch.device("cpu"))
        if after:
            train(trainer, lambda device: stage, folder, Told())
    return stage
