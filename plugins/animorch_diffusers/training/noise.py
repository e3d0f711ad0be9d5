"""Noise: the forward process and what the network is asked for, on the module's noise schedule."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi
from typing import Any

import torch

from animorch import UsageError

Tensor = Any
_STEPS = 1000


@dataclass(frozen=True)
class Noise:
    """alphas: cumulated products of 1 - beta, shape (1000,), float32. shift: of timesteps; 1 is uniform."""

    alphas: Tensor
    prediction: str
    shift: float = 1.0

    @classmethod
    def of(
        cls,
        schedule: str,
        start: float,
        end: float,
        prediction: str,
        zero_snr: bool = False,
        shift: float = 1.0,
    ) -> Noise:
        """diffusers' naming: scaled_linear is even in the square roots of the betas.

        zero_snr leaves no signal at the last step (Lin et al. 2023, arXiv:2305.08891, algorithm 1). Where
        some is left, a clip's many redundant latents give it away, and the text is not learned.
        Raises UsageError for zero_snr with epsilon, which says nothing of the picture where all is noise.
        """
        if zero_snr and prediction == "epsilon":
            raise UsageError(
                "a schedule that ends in pure noise (zero_snr) cannot be learned by prediction=epsilon, "
                "which there repeats what it is given; set prediction=v_prediction"
            )
        alphas = torch.cumprod(1 - _betas(schedule, start, end), 0)
        return cls((_without_signal(alphas) if zero_snr else alphas).float(), prediction, shift)

    def to(self, device: Any) -> Noise:
        """The same on a device."""
        return Noise(self.alphas.to(device), self.prediction, self.shift)

    def timesteps(self, times: Tensor) -> Tensor:
        """Times in 0..1 as timesteps 0..999, (B,); one a video.

        A shift above 1 moves them to the noisier ones, where the text decides (Esser et al. 2024,
        arXiv:2403.03206, eq. 23).
        """
        times = self.shift * times / (1 + (self.shift - 1) * times)
        return (times * _STEPS).long().clamp(max=_STEPS - 1)

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


def _betas(schedule: str, start: float, end: float) -> Tensor:
    """(1000,) float64."""
    if schedule == "squaredcos_cap_v2":  # Nichol and Dhariwal 2021, arXiv:2102.09672; it has no start nor end
        signal = [cos((step / _STEPS + 0.008) / 1.008 * pi / 2) ** 2 for step in range(_STEPS + 1)]
        lost = [1 - after / before for before, after in pairwise(signal)]
        return torch.tensor(lost, dtype=torch.float64).clamp(max=0.999)
    power = 2 if schedule == "scaled_linear" else 1
    return torch.linspace(start ** (1 / power), end ** (1 / power), _STEPS, dtype=torch.float64) ** power


def _without_signal(alphas: Tensor) -> Tensor:
    """Their square roots shifted to end at zero and stretched to begin where they began."""
    roots = alphas.sqrt()
    return ((roots - roots[-1]) * roots[0] / (roots[0] - roots[-1])).square()
