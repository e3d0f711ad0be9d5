"""The backend `diffusers`, AnimateDiffPipeline in this process, the trainers of what it renders with,
and `animorch bench`."""

from __future__ import annotations

from animorch import Backend, Command, Trainer, hookimpl
from animorch_diffusers.backend import DiffusersBackend
from animorch_diffusers.bench.command import Bench
from animorch_diffusers.training.adapters import MotionLora, StyleLora
from animorch_diffusers.training.small import BaseImage, BaseMotion, BaseText, BaseVae
from animorch_diffusers.training.tune import Motion

__all__ = [
    "BaseImage",
    "BaseMotion",
    "BaseText",
    "BaseVae",
    "Bench",
    "DiffusersBackend",
    "Motion",
    "MotionLora",
    "StyleLora",
]


@hookimpl
def animorch_backends() -> list[type[Backend]]:
    return [DiffusersBackend]


@hookimpl
def animorch_trainers() -> list[type[Trainer]]:
    return [Motion, MotionLora, StyleLora, BaseVae, BaseText, BaseImage, BaseMotion]


@hookimpl
def animorch_commands() -> list[type[Command]]:
    return [Bench]
