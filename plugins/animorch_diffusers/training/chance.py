"""Chance: what the loss of a denoiser draws for each sample of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from animorch_diffusers.training.batch import Batch, sample_seed

Tensor = Any


@dataclass(frozen=True)
class Chance:
    """times: (B,) in 0..1, in the noise schedule; noise: (B, ...); drops: (B,) in 0..1, for captions."""

    times: Tensor
    noise: Tensor
    drops: Tensor

    @classmethod
    def of(cls, seed: int, batch: Batch, shape: tuple[int, ...], device: Any) -> Chance:
        """Drawn on the CPU, so that a seed is the same noise on every device.

        The samples of a step have one time from every equal part of the schedule, which calms the loss of
        small batches; one sample's time is still uniform.
        """
        drawn = [_drawn(seed, int(place), shape) for place in batch.places]
        shares, drops = torch.stack([pair for pair, _ in drawn]).unbind(1)
        parts = torch.from_numpy(batch.places % batch.whole)
        times = (parts + shares) / batch.whole
        noise = torch.stack([noise for _, noise in drawn])
        return cls(times.to(device), noise.to(device), drops.to(device))


def _drawn(seed: int, place: int, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    chance = torch.Generator("cpu").manual_seed(sample_seed(seed, place))
    return torch.rand(2, generator=chance), torch.randn(shape, generator=chance)
