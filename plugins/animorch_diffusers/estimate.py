"""Estimate: bytes that a clip takes at its peak, from sizes alone; imports nothing heavy.

    peak = weights on the device + the larger of
           UNet:  frames at once * branches * area * (rest + feed-forward / parts) + attention scores
           VAE:   frames decoded at once * area of a tile * decode
         + the finished frames

Area is in units of 512x512 pixels. Where the constants come from: parameters and `decode` are exact counts
on the meta device; `rest` and `feed-forward` are fitted to AnimateDiff's published peaks (A1111's 5.6 GB and,
one branch after the other, 4.2 GB for 16 frames; diffusers #9231: 25.2 GB for 128 frames, 13.9 with chunked
feed-forwards), and are 27 % above what the tensors of a UNet call count, which leaves room for kernels'
workspaces and for gaps between tensors. All published figures come out within 8 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from animorch import RenderSpec
from animorch_diffusers.memory import Budget

Offload = Literal["none", "model", "group", "sequential"]

GB = 1e9
AREA = 512 * 512  # pixels
REST = 42.4e6  # bytes a frame and branch and area at two bytes a number: skips, resnets, attention
FEED_FORWARD = 44.1e6  # the same, hidden layers of the feed-forwards
DECODE = 402.7e6  # bytes a frame and area at two bytes a number, in the VAE's last block
SCORE = 8  # bytes an attention score with `math`: torch keeps scores and probabilities in fp32
LEAF = 0.1e9  # the largest layers that a streamed offload holds at once

_BYTES = {"fp32": 4, "fp16": 2, "bf16": 2}
_UNET = {"sd15": 859.5e6, "sdxl": 2567.5e6, "embedded": 2.5e6}
_MOTION = {"v1": 417.1e6, "v3": 417.1e6, "v2": 453.2e6, "unknown": 453.2e6, "sdxl": 237.5e6, "hotshot": 238e6}
_TEXT = {"sd15": 123.1e6, "sdxl": 817.7e6, "embedded": 0.5e6}
_VAE = {"sd15": 83.7e6, "sdxl": 83.7e6, "embedded": 0.5e6}
_CONTROL = {"sd15": 361.3e6, "sdxl": 1251e6, "embedded": 1e6}
_IP_ADAPTER = 654e6  # CLIP's ViT-H picture encoder and the adapter
# Tokens of the largest spatial attention, as pixels a token; and its heads.
_TOKEN = {"sd15": (64, 8), "sdxl": (256, 10), "embedded": (64, 8)}
# The embedded model's channels are fewer than Stable Diffusion's by this factor.
_THIN = {"sd15": 1.0, "sdxl": 1.0, "embedded": 0.2}


@dataclass(frozen=True)
class Setup:
    """What of the backend's options decides memory."""

    dtype: str = "fp16"
    offload: Offload = "none"
    attention: str = "auto"
    budget: Budget = Budget()  # noqa: RUF009 (frozen)


def peak(spec: RenderSpec, setup: Setup) -> float:
    """Bytes on the device at the worst moment of a render; never less for more frames or a larger size."""
    denoise, decode = unet_bytes(spec, setup), vae_bytes(spec, setup)
    unet, text, vae = weights(spec, setup.dtype)
    frames = spec.frames * spec.width * spec.height * 3 * (_BYTES[setup.dtype] + 8)  # and twice in fp32
    if setup.offload in ("sequential", "group"):
        return LEAF + max(denoise, decode + frames)
    if setup.offload == "model":
        return max(text, unet + denoise, vae + decode + frames)
    return unet + text + vae + max(denoise, decode + frames)


def weights(spec: RenderSpec, dtype: str) -> tuple[float, float, float]:
    """Bytes of the UNet with all that runs beside it, of the text encoders, and of the VAE."""
    base, size = spec.checkpoint.base, _BYTES[dtype]
    motion = 3e6 if base == "embedded" else _MOTION[spec.motion.family]
    beside = len(spec.controlnets) + (spec.sparse_control is not None)
    pictures = _IP_ADAPTER * bool(spec.ip_adapters)
    unet = _UNET[base] + motion + beside * _CONTROL[base] + pictures
    return unet * size, _TEXT[base] * size, _VAE[base] * size


def unet_bytes(spec: RenderSpec, setup: Setup) -> float:
    """Activations of one UNet call: all of the clip's frames, or the windows of one call."""
    rows = frames_at_once(spec, setup.budget) * (2 if spec.cfg > 1 else 1)
    wide = FEED_FORWARD / (setup.budget.chunk_feed_forward or 1)
    area = spec.width * spec.height / AREA
    thin = _THIN[spec.checkpoint.base]
    values = rows * area * (REST + wide) * thin * _BYTES[setup.dtype] / 2
    return values + (rows * scores(spec) if setup.attention == "math" else 0)


def scores(spec: RenderSpec, each: int = SCORE) -> float:
    """Bytes of one frame's largest attention matrix, which only `math` writes out."""
    pixels, heads = _TOKEN[spec.checkpoint.base]
    return heads * (spec.width * spec.height / pixels) ** 2 * each


def frames_at_once(spec: RenderSpec, budget: Budget) -> int:
    """Frames in one UNet call."""
    if spec.window is None:
        return spec.frames
    return min(spec.frames, spec.window.length) * budget.window_batch


def vae_bytes(spec: RenderSpec, setup: Setup) -> float:
    """Activations of one call of the VAE's decoder."""
    at_once = 1 if setup.budget.vae_slicing else min(setup.budget.decode_chunk, spec.frames)
    area = spec.width * spec.height / AREA
    tile = min(area, 1.0) if setup.budget.vae_tiling else area
    each = DECODE * tile * _THIN[spec.checkpoint.base] * _BYTES[setup.dtype] / 2
    return at_once * each
