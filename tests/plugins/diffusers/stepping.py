"""Stepping: the order in which a denoising loop asks for inputs, on stock parts and nothing else."""

from __future__ import annotations

from typing import Any

import torch


def texts(pipe: Any, frames: int) -> torch.Tensor:
    """Embeddings of `a cat` against `blurry`, (2 * frames, 77, width)."""
    found = pipe.encode_prompt("a cat", "cpu", 1, True, "blurry")
    return torch.cat([found[1], found[0]]).repeat_interleave(frames, 0)


def noise_after(seed: int, drawn: int, shape: tuple[int, ...]) -> torch.Tensor:
    """Unit noise (1, C, T, h, w) as a pipeline draws it that has drawn `drawn` numbers before."""
    generator = torch.Generator().manual_seed(seed)
    if drawn:
        torch.randn(drawn, generator=generator)
    return torch.randn(shape, generator=generator)


@torch.no_grad()
def denoised(pipe: Any, inputs: Any, noise: torch.Tensor, steps: int, cfg: float = 7.5) -> torch.Tensor:
    """Latents behind `steps` steps from this noise; seed 7 draws the VAE's sample."""
    scheduler, frames = pipe.scheduler, noise.shape[2]
    guided = cfg > 1
    scheduler.set_timesteps(steps)
    latents, timesteps = inputs.begin(noise, scheduler, torch.Generator().manual_seed(7))
    text = texts(pipe, frames)
    text = text if guided else text.chunk(2)[1]
    for step, timestep in enumerate(timesteps):
        sample = torch.cat([latents] * (2 if guided else 1))
        sample = scheduler.scale_model_input(sample, timestep)
        given = inputs.added(sample, timestep, text, list(range(frames)), step / len(timesteps), guided)
        found = pipe.unet(sample, timestep, encoder_hidden_states=text, **given).sample
        if guided:
            negative, positive = found.chunk(2)
            found = negative + cfg * (positive - negative)
        latents = scheduler.step(found, timestep, latents).prev_sample
        latents = inputs.after(latents, step, timesteps, scheduler, noise)
    return latents
