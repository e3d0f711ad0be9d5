"""Size: models that `bench` measures with, from bundled configs, with random weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from animorch import RenderSpec, composed
from animorch_diffusers.bundled import Configs

_PROMPT = "a red star moving right on a navy background"


@dataclass(frozen=True)
class Size:
    """A model by name, with the clip it is measured on when the command says nothing else."""

    name: str
    told: str
    thinner: int  # channels of Stable Diffusion 1.5 divided by this; 0 for weights that come with animorch
    frames: int
    side: int
    steps: int


SIZES = {
    size.name: size
    for size in (
        Size("sd15", "Stable Diffusion 1.5 with v15_v2, 1.5 billion random weights", 1, 16, 512, 25),
        Size("small", "its shape at a quarter of the channels, random weights", 4, 8, 128, 4),
        Size("embedded", "the model that comes with animorch", 0, 8, 64, 10),
    )
}


def spec_of(size: Size, folder: Path, **clip: int) -> RenderSpec:
    """The clip to be measured; `folder` holds what `write_random` wrote. DDIM, guided, one prompt."""
    if not size.thinner:
        words = ["checkpoint=embedded", "motion=lively", f"prompt={_PROMPT}", "sampler=ddim"]
        return composed([*words, *(f"{key}={value}" for key, value in clip.items())]).spec
    return RenderSpec.model_validate(
        {
            "checkpoint": {"name": size.name, "base": "sd15", "path": str(folder / "checkpoint")},
            "motion": {"name": size.name, "base": "sd15", "family": "v2", "path": str(folder / "motion")},
            "prompt": _PROMPT,
            "negative_prompt": "blurry",
            "sampler": "ddim",
            "cfg": 7.5,
            **clip,
        }
    )


def write_random(size: Size, folder: Path, device: str, dtype: Any) -> None:
    """A checkpoint and a motion module in diffusers' layout: 3.0 GB for sd15 at two bytes a number.

    Weights are as torch fills new layers, seeded, so that numbers stay finite in fp16.
    """
    if not size.thinner:
        return
    import torch
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    configs = Configs("sd15")
    torch.manual_seed(0)
    with torch.device(device):
        parts, motion = _random(configs, size.thinner)
    pipe = StableDiffusionPipeline(
        **{name: part.to(dtype) for name, part in parts.items()},
        tokenizer=configs.tokenizer(),
        scheduler=DDIMScheduler.from_config(configs.of("scheduler")),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.save_pretrained(folder / "checkpoint")
    motion.to(dtype).save_pretrained(folder / "motion")


def _random(configs: Configs, thinner: int) -> tuple[dict[str, Any], Any]:
    """UNet, VAE and text encoder by their names in a pipeline, and a v2 motion module."""
    from diffusers import AutoencoderKL, MotionAdapter, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    unet, vae, text = (_thin(configs.of(part), thinner) for part in ("unet", "vae", "text_encoder"))
    parts = {
        "unet": UNet2DConditionModel.from_config(unet),
        "vae": AutoencoderKL.from_config(vae),
        "text_encoder": CLIPTextModel(CLIPTextConfig(**text)),
    }
    motion = MotionAdapter(
        block_out_channels=unet["block_out_channels"],
        motion_norm_num_groups=unet.get("norm_num_groups", 32),
        motion_max_seq_length=32,
    )
    return parts, motion


def _thin(config: dict[str, Any], by: int) -> dict[str, Any]:
    """The same shape with channels divided; norm groups (32) have to go into 80 channels and more."""
    channels = config.get("block_out_channels")
    if by == 1:
        return config
    widths = ("hidden_size", "intermediate_size", "projection_dim", "cross_attention_dim")
    thin = {key: config[key] // by for key in widths if config.get(key)}
    if channels:
        thin["block_out_channels"] = [count // by for count in channels]
        thin["norm_num_groups"] = 8
    return config | thin
