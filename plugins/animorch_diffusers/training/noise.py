"""Noise: the forward process and what the network is asked for, on the module's noise schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

Tensor = Any
_STEPS = 1000


@dataclass(frozen=True)
class Noise:
    """alphas: cumulated products of 1 - beta, shape (1000,), float32."""

    alphas: Tensor
    prediction: str

    @classmethod
    def of(cls, schedule: str, start: float, end: float, prediction: str) -> Noise:
        """diffusers' naming: scaled_linear is even in the square roots of the betas."""
        power = 2 if schedule == "scaled_linear" else 1
        betas = torch.linspace(start ** (1 / power), end ** (1 / power), _STEPS, dtype=torch.float64) ** power
        return cls(torch.cumprod(1 - betas, 0).float(), prediction)

    def timesteps(self, count: int) -> Tensor:
        """One a video, uniform over 0..999, from torch's global generator.

        Each batch has one from every equal part of the range, which calms the loss of small batches.
        """
        return ((torch.arange(count) + torch.rand(count)) / count * _STEPS).long().clamp(max=_STEPS - 1)

    def noised(self, clean: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """What the network sees. clean, noise: (B, ...)."""
        signal, spread = self._mix(clean, timesteps)
        return signal * clean + spread * noise

    def target(self, clean: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """What the network should answer."""
        if self.prediction == "epsilon":
            return noise
        signal, spread = self._mix(clean, timesteps)
        return signal * noise - spread * clean

    def snr(self, timesteps: Tensor) -> Tensor:
        """Signal-to-noise ratio in power, (B,)."""
        alphas = self.alphas[timesteps]
        return alphas / (1 - alphas)

    def _mix(self, like: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        alphas = self.alphas[timesteps].view(-1, *(1,) * (like.ndim - 1))
        return alphas.sqrt(), (1 - alphas).sqrt()
