"""Options: trainers with options so small that a training takes a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

DATA = {"source": "animorch_shapes:clips", "options": {"length": 6, "size": 64, "frames": 4}}
SMALL_DATA = {"source": "animorch_shapes:clips", "options": {"length": 6, "size": 16, "frames": 4}}
COMMON: dict[str, Any] = {
    "batch": 3,
    "steps": 6,
    "threads": 1,
    "device": "cpu",
    "log_every": 1,
    "optimiser": {"learning_rate": 1e-3, "warmup": 2},
}
VAE = {
    "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
    "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"],
    "block_out_channels": [4, 8],
    "norm_num_groups": 2,
    "layers_per_block": 1,
    "sample_size": 16,
}
TEXT = {
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": 12,
}
UNET = {
    "sample_size": 8,
    "down_block_types": ["CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D"],
    "block_out_channels": [32],
    "layers_per_block": 1,
    "cross_attention_dim": 8,
    "attention_head_dim": 2,
    "norm_num_groups": 8,
}
ADAPTER = {"block_out_channels": [32], "motion_layers_per_block": 1, "motion_num_attention_heads": 2}


def run(mode: str, weights: Path | None = None, small: Path | None = None, **changes: Any) -> Any:
    """A trainer with tiny options; those given replace its own."""
    import animorch_diffusers as plugin

    if mode in ("motion", "motion_lora", "style_lora"):
        assert weights is not None
        told: dict[str, Any] = {
            "data": DATA,
            "checkpoint": {"name": "tiny", "base": "sd15", "path": str(weights / "checkpoint")},
        }
        motion = {"name": "start", "base": "sd15", "path": str(weights / "motion_a"), "table": 32}
        told |= {"motion": motion} if mode != "style_lora" else {}
    else:
        assert small is not None
        told = {"data": SMALL_DATA, "clips": 6}
        told |= {} if mode == "base_text" else {"vae": small / "base_vae" / "result" / "vae"}
        told |= {
            "base_vae": {"vae": VAE, "clips": 4},
            "base_text": {"text": TEXT},
            "base_image": {"text": TEXT, "unet": UNET},
            "base_motion": {"adapter": ADAPTER, "start": small / "base_image" / "result"},
        }[mode]
    cls = {cls.name: cls for cls in plugin.animorch_trainers()}[mode]
    return cls.model_validate(COMMON | told | changes)
