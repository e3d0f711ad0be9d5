"""Flops: what a clip costs, counted on the meta device: two for a multiply-add, norms and sums not counted.

At 16 frames of 512x512 with SD1.5 and v15_v2 a UNet call is 17.749 TFLOP, a decoded frame 2.515.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from animorch import RenderSpec

# Dense fp16 TFLOP/s, summed in fp32; the H100's is what large matrices reach, not the data sheet's.
PEAKS = {"H100": 790.0, "A100": 312.0, "RTX 4090": 165.0}


def clip_flops(spec: RenderSpec) -> float:
    """FLOPs of the spec's clip: guided UNet calls, text and decode."""
    import torch
    from diffusers import AutoencoderKL, MotionAdapter, UNet2DConditionModel, UNetMotionModel

    model, motion = Path(str(spec.checkpoint.local())), Path(str(spec.motion.local()))
    with torch.device("meta"), torch.no_grad():
        flat = UNet2DConditionModel.from_config(_config(model / "unet"))
        adapter = MotionAdapter.from_config(_config(motion))
        unet = UNetMotionModel.from_unet2d(flat, adapter, load_weights=False)
        vae = AutoencoderKL.from_config(_config(model / "vae"))
        factor = 2 ** (len(vae.config.block_out_channels) - 1)
        height, width = spec.height // factor, spec.width // factor
        latents = torch.empty(1, unet.config.in_channels, spec.frames, height, width)
        text = torch.empty(spec.frames, 77, unet.config.cross_attention_dim)
        call = _counted(lambda: unet(latents, 1, text))
        frame = _counted(lambda: vae.decode(latents[:, :, 0]))
    branches = 2 if spec.cfg > 1 else 1
    total: float = (
        branches * (spec.steps * call + _text(_config(model / "text_encoder"))) + spec.frames * frame
    )
    return total


def _text(config: dict[str, Any]) -> float:
    """A prompt of 77 tokens through CLIP's layers: attention's four matrices and two of the feed-forward."""
    width, hidden = config["hidden_size"], config["intermediate_size"]
    matrices = 4 * width * width + 2 * width * hidden
    return float(2 * 77 * config["num_hidden_layers"] * (matrices + 2 * 77 * width))


def _config(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "config.json").read_text(encoding="utf-8")))


def _counted(work: Callable[[], Any]) -> float:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())


def peak_of(card: str) -> float | None:
    """TFLOP/s of a card by its name, None where none is published here."""
    return next((peak for name, peak in PEAKS.items() if name in card), None)
