"""Pictures: frames as tensors, and as a VAE encodes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

Tensor = Any
Array = np.ndarray[Any, Any]
_PIXELS_AT_ONCE = 64 * 64 * 64  # one frame of 512x512: an encoder takes about a gigabyte for it


def pixels(frames: Array) -> Tensor:
    """uint8 (N, H, W, 3) as float (N, 3, H, W) in -1..1."""
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1


def encoded(vae: Any, frames: Array) -> Tensor:
    """Means of the latents of uint8 frames (N, H, W, 3), not scaled, on the CPU: (N, C, h, w)."""
    vae.eval()
    chunk = max(1, _PIXELS_AT_ONCE // (frames.shape[1] * frames.shape[2]))
    parts = (frames[start : start + chunk] for start in range(0, len(frames), chunk))
    with torch.no_grad():
        return torch.cat([_means(vae, part) for part in parts])


def _means(vae: Any, frames: Array) -> Tensor:
    return vae.encode(pixels(frames).to(vae.device, vae.dtype)).latent_dist.mode().float().cpu()
