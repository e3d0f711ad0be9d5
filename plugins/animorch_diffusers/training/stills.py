"""Stills: single frames that are learned beside a batch of clips.

A clip's frames share one caption, so clips alone bring few captions a step. A frame costs a sixteenth of
a clip of sixteen, and goes through the UNet without its motion module.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import UNet2DConditionModel

from animorch_diffusers.training.batch import Batch, samples

Tensor = Any
WEIGHT = 0.5  # of their loss beside that of the clips
_APART = 1_000_003  # between the seeds of clips and of stills


class Stills:
    """latents: those of the clips (latents.Kept). count: stills beside each batch of a process."""

    def __init__(self, latents: Any, count: int, seed: int, moving: Any, config: dict[str, Any]) -> None:
        self.latents, self.count, self.seed = latents, count, seed + _APART
        self.unet = without_motion(moving, config)

    def beside(self, batch: Batch) -> Batch:
        """The batch of stills that goes with one of clips."""
        return Batch(batch.number, self.count, self.count * batch.whole // batch.size)

    def take(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Latents (S, C, h, w), and the numbers of their clips (S,), of a batch of stills."""
        count, length = self.latents.values.shape[:2]
        places = torch.from_numpy(samples(self.seed, count * length, batch.places))
        chosen = places // length
        return self.latents.values[chosen, places % length], chosen


def without_motion(moving: Any, config: dict[str, Any]) -> Any:
    """A UNet2DConditionModel of the config whose every parameter is the moving UNet's own."""
    still = UNet2DConditionModel(**config)
    shared = dict(moving.named_parameters())
    for name, module in still.named_modules():
        for own, value in module._parameters.items():
            if value is not None:
                module._parameters[own] = shared[f"{name}.{own}" if name else own]
    return still
