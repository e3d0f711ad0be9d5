"""Pixels: latents to a Clip, refusing the black frames that hide an overflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from animorch import BackendError, Clip


def decoded(pipe: Any, latents: Any, chunk: int) -> Clip:
    """Latents of shape (1, C, T, H/8, W/8) as a uint8 Clip, rounded as diffusers rounds for PIL.

    `chunk` frames go through the VAE at once. Raises BackendError when a number is not finite.
    """
    import torch

    _refuse_infinite(latents, pipe.unet.dtype, "denoising", "lower cfg, or try backend.dtype=fp32")
    frames = (1 / pipe.vae.config.scaling_factor * latents)[0].transpose(0, 1)
    with _wide_enough(pipe.vae):
        kind = pipe.vae.dtype
        parts = [pipe.vae.decode(part.to(kind)).sample for part in frames.split(chunk)]
    video = torch.cat(parts).float()
    _refuse_infinite(video, pipe.vae.dtype, "the VAE", "try backend.dtype=bf16 or backend.dtype=fp32")
    video = (video.permute(0, 2, 3, 1) * 0.5 + 0.5).clamp(0, 1)
    return Clip((video * 255).round().byte().cpu().numpy())


@contextmanager
def _wide_enough(vae: Any) -> Iterator[None]:
    """SDXL's VAE in fp32 where it would be fp16, in which it overflows (its config says force_upcast)."""
    import torch

    narrow = vae.dtype == torch.float16 and getattr(vae.config, "force_upcast", False)
    if narrow:
        vae.to(dtype=torch.float32)
    try:
        yield
    finally:
        if narrow:
            vae.to(dtype=torch.float16)


def _refuse_infinite(tensor: Any, dtype: Any, where: str, cure: str) -> None:
    if not tensor.isfinite().all():
        kind = str(dtype).removeprefix("torch.")
        raise BackendError(
            f"{where} gave numbers that are not finite in {kind}, which would be an all-black clip; {cure}"
        )
