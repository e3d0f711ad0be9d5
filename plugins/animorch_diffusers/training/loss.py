"""Loss: squared error of the network's answer, weighed by min-SNR where asked for.

Min-SNR (Hang et al. 2023, arXiv:2303.09556) clamps the weight of the clean picture's error at gamma:
min(SNR, gamma) of that error is min(SNR, gamma) / SNR of the noise's, and / (SNR + 1) of v's.
"""

from __future__ import annotations

from typing import Any

import torch

from animorch_diffusers.training.noise import Noise

Tensor = Any


def weighed(answer: Tensor, target: Tensor, timesteps: Tensor, noise: Noise, gamma: float | None) -> Tensor:
    """Mean over the batch of each sample's mean squared error times its weight. answer: (B, ...)."""
    wrong = (answer.float() - target.float()).square().flatten(1).mean(1)
    return (wrong * weights(timesteps, noise, gamma)).mean()


def weights(timesteps: Tensor, noise: Noise, gamma: float | None) -> Tensor:
    """(B,); ones without gamma. Finite where the signal is zero, too."""
    snr = noise.snr(timesteps)
    if gamma is None:
        return torch.ones_like(snr)
    if noise.prediction == "epsilon":
        return (gamma / snr).clamp(max=1)  # min(SNR, gamma) / SNR without nought by nought
    return snr.clamp(max=gamma) / (snr + 1)
