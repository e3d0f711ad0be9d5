"""Start: a clip that begins from pictures, and the part of them that stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Tensor = Any
FRAMES_AT_ONCE = 16  # of the VAE, as diffusers' decode_chunk_size


@dataclass
class Start:
    """Pictures of shape (T, H, W, 3) uint8 (a tensor), and how much of the denoising is done on them.

    mask: (1, 1, T, h, w) at latent size, 1 where the clip is rendered; None renders all of it.
    """

    pictures: Tensor
    strength: float
    vae: Any
    device: Any
    dtype: Any
    mask: Tensor | None = None
    _encoded: Tensor | None = field(default=None)

    def begin(self, noise: Tensor, scheduler: Any, generator: Any) -> tuple[Tensor, Tensor]:
        """Noised latents (1, C, T, h, w) and the timesteps left.

        They are cut as AnimateDiffVideoToVideoPipeline cuts them. The VAE's sample is drawn from
        `generator`, once for a render.
        """
        steps = scheduler.num_inference_steps
        skipped = max(steps - steps_left(steps, self.strength), 0) * scheduler.order
        timesteps = scheduler.timesteps[skipped:]
        if hasattr(scheduler, "set_begin_index"):
            # where two timesteps round to one number, the scheduler could not tell them apart by itself
            scheduler.set_begin_index(skipped)
        if self._encoded is None:
            self._encoded = self._latents(generator)
        return scheduler.add_noise(self._encoded, noise, timesteps[:1]), timesteps

    def after(self, latents: Tensor, step: int, timesteps: Tensor, scheduler: Any, noise: Tensor) -> Tensor:
        """The kept part put back at the noise of the next step, as StableDiffusionInpaintPipeline does."""
        if self.mask is None:
            return latents
        kept = self._encoded
        if step + 1 < len(timesteps):
            kept = scheduler.add_noise(kept, noise, timesteps[step + 1 : step + 2])
        return self.mask * latents + (1 - self.mask) * kept

    def _latents(self, generator: Any) -> Tensor:
        """(1, C, T, h, w)."""
        import torch

        with _precise(self.vae):
            parts = [
                self.vae.encode(chunk.to(self.vae.dtype)).latent_dist.sample(generator)
                for chunk in signed(self.pictures, self.device, self.dtype).split(FRAMES_AT_ONCE)
            ]
        latents = torch.cat(parts).to(self.dtype) * self.vae.config.scaling_factor
        return latents.permute(1, 0, 2, 3)[None]


@contextmanager
def _precise(vae: Any) -> Iterator[None]:
    """The VAE in fp32 where its config asks for it; fp16 to fp32 and back changes no weight."""
    import torch

    before = vae.dtype
    if not vae.config.force_upcast or before == torch.float32:
        yield
        return
    vae.to(dtype=torch.float32)
    try:
        yield
    finally:
        vae.to(dtype=before)


def steps_left(steps: int, strength: float) -> int:
    """Steps that are done at this strength; diffusers' own rounding."""
    return min(int(steps * strength), steps)


def signed(pictures: Tensor, device: Any, dtype: Any) -> Tensor:
    """uint8 (T, H, W, 3) as (T, 3, H, W) from -1 to 1, the VAE's range."""
    return 2.0 * unsigned(pictures, device, dtype) - 1.0


def unsigned(pictures: Tensor, device: Any, dtype: Any) -> Tensor:
    """uint8 (T, H, W, 3) as (T, 3, H, W) from 0 to 1.

    Channels stay last in memory, as in diffusers' image processor, by which a convolution's rounding goes.
    """
    return (pictures.permute(0, 3, 1, 2).float() / 255.0).to(device, dtype)
