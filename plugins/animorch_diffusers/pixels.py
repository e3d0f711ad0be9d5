"""Pixels: latents to a Clip, refusing the black frames that hide an overflow."""

from __future__ import annotations

from typing import Any

from animorch import BackendError, Clip


def decoded(pipe: Any, latents: Any, chunk: int) -> Clip:
    """Latents of shape (1, C, T, H/8, W/8) as a uint8 Clip, rounded as diffusers rounds for PIL.

    Raises BackendError when a number is not finite.
    """
    _refuse_infinite(latents, pipe.unet.dtype, "denoising", "lower cfg, or try backend.dtype=fp32")
    video = pipe.decode_latents(latents, chunk)
    _refuse_infinite(video, pipe.vae.dtype, "the VAE", "try backend.dtype=bf16 or backend.dtype=fp32")
    frames = (video[0].permute(1, 2, 3, 0) * 0.5 + 0.5).clamp(0, 1)
    return Clip((frames * 255).round().byte().cpu().numpy())


def _refuse_infinite(tensor: Any, dtype: Any, where: str, cure: str) -> None:
    if not tensor.isfinite().all():
        kind = str(dtype).removeprefix("torch.")
        raise BackendError(
            f"{where} gave numbers that are not finite in {kind}, which would be an all-black clip; {cure}"
        )
