"""Every family of the registry in miniature: the published names of tensors, a few channels wide.

write_sd15(FOLDER) and write_sdxl(FOLDER)   checkpoints of all levels, as folder and (beside it) single file
write_modules(FOLDER)                       motion modules, as each family publishes them
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from animorch_diffusers import bundled
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    MotionAdapter,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from tiny import enliven, original
from tiny_ldm import write_single_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

SD15 = (32, 64, 64, 64)
SDXL = (32, 64, 64)
TEXT = 32
# family: channels, mid block, length of the position table
FAMILIES: dict[str, tuple[tuple[int, ...], bool, int]] = {
    "v1": (SD15, False, 24),
    "v2": (SD15, True, 32),
    "v3": (SD15, False, 32),
    "long_32": (SD15, True, 64),
    "long_64": (SD15, True, 128),
    "sdxl": (SDXL, False, 32),
    "hotshot": (SDXL, False, 24),
}


def _scheduler() -> DDIMScheduler:
    return DDIMScheduler(
        beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, clip_sample=False, steps_offset=1
    )


def _vae(family: str, seed: int) -> AutoencoderKL:
    torch.manual_seed(seed)
    told = bundled.Configs(family).of("vae") | {"block_out_channels": (32, 32, 32, 32)}
    return AutoencoderKL.from_config(told)


def _text(kind: Any, family: str, part: str, layers: int) -> Any:
    told = bundled.Configs(family).of(part) | {
        "hidden_size": TEXT,
        "intermediate_size": 96,
        "num_hidden_layers": layers,
        "num_attention_heads": 1,
        "projection_dim": TEXT,
    }
    return kind(CLIPTextConfig.from_dict(told))


def write_sd15(folder: Path, seed: int = 1) -> None:
    """Stable Diffusion 1.5 with its four levels and two layers a level."""
    torch.manual_seed(seed)
    told = bundled.Configs("sd15").of("unet") | {"block_out_channels": SD15, "cross_attention_dim": TEXT}
    pipe = StableDiffusionPipeline(
        unet=UNet2DConditionModel.from_config(told),
        vae=_vae("sd15", seed),
        text_encoder=_text(CLIPTextModel, "sd15", "text_encoder", 2),
        tokenizer=bundled.tokenizer(),
        scheduler=_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    enliven(pipe.unet, pipe.text_encoder, pipe.vae)
    pipe.save_pretrained(folder)
    write_single_file(folder, folder.with_suffix(".safetensors"))


def write_sdxl(folder: Path, seed: int = 2) -> None:
    """SDXL with its three levels, ten transformers deep at the last, and two text encoders."""
    torch.manual_seed(seed)
    told = bundled.Configs("sdxl").of("unet") | {
        "block_out_channels": SDXL,
        "cross_attention_dim": 2 * TEXT,
        "attention_head_dim": [1, 1, 1],
        "projection_class_embeddings_input_dim": TEXT + 6 * 256,
    }
    pipe = StableDiffusionXLPipeline(
        unet=UNet2DConditionModel.from_config(told),
        vae=_vae("sdxl", seed),
        text_encoder=_text(CLIPTextModel, "sdxl", "text_encoder", 3),
        tokenizer=bundled.tokenizer(),
        text_encoder_2=_text(CLIPTextModelWithProjection, "sdxl", "text_encoder_2", 3),
        tokenizer_2=bundled.tokenizer("!"),
        scheduler=_scheduler(),
        add_watermarker=False,
    )
    enliven(pipe.unet, pipe.text_encoder, pipe.text_encoder_2, pipe.vae)
    pipe.save_pretrained(folder)
    write_single_file(folder, folder.with_suffix(".safetensors"))


def write_modules(folder: Path) -> None:
    """<family>.ckpt of each family, lcm.ckpt, lightning.safetensors, trained.ckpt and v2.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (family, (channels, mid_block, table)) in enumerate(FAMILIES.items()):
        named = original(module_tensors(channels, mid_block, table, seed))
        if family == "hotshot":
            named = {hotshot(key): tensor for key, tensor in named.items()}
            save_file(named, folder / "hotshot.safetensors")
        torch.save(named, folder / f"{family}.ckpt")
    v2 = module_tensors(SD15, True, 32, 1)
    save_file(v2, folder / "lightning.safetensors")
    save_file(original(v2), folder / "v2.safetensors")
    bare = {key: tensor for key, tensor in original(v2).items() if "pos_encoder" not in key}
    torch.save(bare, folder / "lcm.ckpt")
    whole = {"conv_in.weight": torch.zeros(32, 4, 3, 3)} | original(v2)
    whole["down_blocks.0.attentions.0.transformer_blocks.3.attn1.to_q.weight"] = torch.zeros(2, 2)
    trained = {f"module.{key}": tensor for key, tensor in whole.items()}
    torch.save({"epoch": 1, "global_step": 9, "state_dict": trained}, folder / "trained.ckpt")


def module_tensors(
    channels: tuple[int, ...], mid_block: bool, table: int, seed: int
) -> dict[str, torch.Tensor]:
    """A motion module by diffusers' names."""
    torch.manual_seed(100 + seed)
    adapter = MotionAdapter(
        block_out_channels=channels,
        motion_layers_per_block=2,
        motion_max_seq_length=table,
        use_motion_mid_block=mid_block,
    )
    enliven(adapter)
    return {key: tensor.clone() for key, tensor in adapter.state_dict().items()}


def hotshot(key: str) -> str:
    """The authors' AnimateDiff names to Hotshot-XL's."""
    key = key.replace(".motion_modules.", ".temporal_attentions.").replace(".temporal_transformer.", ".")
    return key.replace(".pos_encoder.pe", ".pos_encoder.positional_encoding")
