"""Tiny random weights of every form that the backend reads: seeded, a few megabytes, no download.

python tests/plugins/diffusers/tiny.py FOLDER      writes all of it into FOLDER

checkpoint/              diffusers folder          checkpoint.safetensors   the same in LDM layout
motion_a/ motion_b/      v2-like MotionAdapters    motion_v1/               without mid block, table 24
motion_*.ckpt            the authors' layout       motion_*.safetensors     diffusers' names (Lightning)
lora_kohya.safetensors   lora_diffusers.safetensors   motion_lora.ckpt      the authors' layout
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    MotionAdapter,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from tiny_ldm import write_single_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

CHANNELS = (32, 64)
WIDTH = 32  # of the text encoder
RANK = 4
MODULES = {"motion_a": 11, "motion_b": 12, "motion_v1": 13}


def write_all(folder: Path) -> Path:
    """Every file named above; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_checkpoint(folder / "checkpoint")
    write_single_file(folder / "checkpoint", folder / "checkpoint.safetensors")
    for name, seed in MODULES.items():
        write_motion(
            folder / name, seed, mid_block=name != "motion_v1", table=24 if name == "motion_v1" else 32
        )
        tensors = MotionAdapter.from_pretrained(folder / name).state_dict()
        torch.save(
            {"state_dict": {f"module.{key}": t for key, t in original(tensors).items()}},
            folder / f"{name}.ckpt",
        )
        save_file({key: t.contiguous() for key, t in tensors.items()}, folder / f"{name}.safetensors")
    write_kohya_lora(folder / "lora_kohya.safetensors")
    write_diffusers_lora(folder / "lora_diffusers.safetensors")
    write_motion_lora(folder / "motion_lora.ckpt")
    return folder


def write_checkpoint(folder: Path, seed: int = 1, **unet: Any) -> None:
    """A Stable Diffusion 1.5 in miniature: 64x64 pixels are 8x8 latents."""
    torch.manual_seed(seed)
    tokenizer = _tokenizer()
    pipe = StableDiffusionPipeline(
        vae=AutoencoderKL(
            block_out_channels=(8, 8, 8, 8),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            norm_num_groups=4,
            latent_channels=4,
            layers_per_block=1,
        ),
        text_encoder=CLIPTextModel(_text_config(tokenizer)),
        tokenizer=tokenizer,
        unet=UNet2DConditionModel(**_unet_config() | unet),
        scheduler=DDIMScheduler(
            beta_schedule="scaled_linear",
            beta_start=0.00085,
            beta_end=0.012,
            clip_sample=False,
            steps_offset=1,
        ),
        safety_checker=None,
        feature_extractor=None,
        image_encoder=None,
        requires_safety_checker=False,
    )
    enliven(pipe.unet, pipe.text_encoder, pipe.vae)
    pipe.save_pretrained(folder)


def _unet_config() -> dict[str, Any]:
    return {
        "block_out_channels": CHANNELS,
        "layers_per_block": 1,
        "sample_size": 8,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "cross_attention_dim": WIDTH,
        "attention_head_dim": 8,
        "norm_num_groups": 8,
    }


def _text_config(tokenizer: CLIPTokenizer) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=77,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _tokenizer() -> CLIPTokenizer:
    """CLIP's byte-level BPE with every letter and a few merges."""
    letters = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 256))]
    letters += [chr(256 + place) for place in range(256 - len(letters))]
    merges = [("c", "a"), ("ca", "t</w>"), ("d", "o"), ("do", "g</w>")]
    words = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(pair) for pair in merges)]
    vocab = {word: place for place, word in enumerate([*words, "<|startoftext|>", "<|endoftext|>"])}
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=77)


def enliven(*models: torch.nn.Module) -> None:
    """Larger weights, so that a prompt or a motion module changes pixels by more than rounding."""
    with torch.no_grad():
        for model in models:
            for name, weight in model.named_parameters():
                if name.endswith(
                    ("to_v.weight", "v_proj.weight", "proj_out.weight", "token_embedding.weight")
                ):
                    weight.mul_(3 if "proj_out" in name else 6)
                elif name in ("conv_out.weight", "decoder.conv_out.weight"):
                    weight.mul_(3)


def write_motion(
    folder: Path, seed: int, mid_block: bool, table: int, channels: tuple[int, ...] = CHANNELS
) -> None:
    torch.manual_seed(seed)
    adapter = MotionAdapter(
        block_out_channels=channels,
        motion_layers_per_block=1,
        motion_norm_num_groups=8,
        motion_max_seq_length=table,
        use_motion_mid_block=mid_block,
    )
    enliven(adapter)
    adapter.save_pretrained(folder)


def original(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """diffusers' motion names back to the AnimateDiff authors': each attention has the table."""
    named: dict[str, torch.Tensor] = {}
    for key, tensor in tensors.items():
        key = re.sub(r"(motion_modules\.\d+)\.", r"\1.temporal_transformer.", key)
        if key.endswith(".pos_embed.pe"):
            for place in (0, 1):
                named[key.replace("pos_embed.pe", f"attention_blocks.{place}.pos_encoder.pe")] = (
                    tensor.clone()
                )
            continue
        for new, old in (("norm1", "norms.0"), ("norm2", "norms.1"), ("norm3", "ff_norm")):
            key = key.replace(f".{new}.", f".{old}.")
        named[key.replace(".attn1.", ".attention_blocks.0.").replace(".attn2.", ".attention_blocks.1.")] = (
            tensor
        )
    return named


def _pair(width_in: int, width_out: int, down: str, up: str) -> dict[str, torch.Tensor]:
    return {down: torch.randn(RANK, width_in) * 0.3, up: torch.randn(width_out, RANK) * 0.3}


def write_kohya_lora(path: Path, seed: int = 21) -> None:
    """A style LoRA as kohya's trainer names it, UNet and text encoder, with alphas."""
    torch.manual_seed(seed)
    tensors: dict[str, torch.Tensor] = {}
    for stem, width in (
        ("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q", CHANNELS[0]),
        ("lora_unet_up_blocks_1_attentions_0_transformer_blocks_0_attn1_to_v", CHANNELS[0]),
        ("lora_te_text_model_encoder_layers_0_self_attn_q_proj", WIDTH),
        ("lora_te_text_model_encoder_layers_0_self_attn_out_proj", WIDTH),
    ):
        tensors |= _pair(width, width, f"{stem}.lora_down.weight", f"{stem}.lora_up.weight")
        tensors[f"{stem}.alpha"] = torch.tensor(RANK / 2)
    save_file(tensors, path)


def write_diffusers_lora(path: Path, seed: int = 22) -> None:
    torch.manual_seed(seed)
    stem = "unet.up_blocks.1.attentions.0.transformer_blocks.0.attn1.to_v"
    save_file(_pair(CHANNELS[0], CHANNELS[0], f"{stem}.lora_A.weight", f"{stem}.lora_B.weight"), path)


def write_motion_lora(path: Path, seed: int = 23) -> None:
    """A camera move in the authors' layout, as their zoom and pan files are."""
    torch.manual_seed(seed)
    stem = "down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks"
    tensors: dict[str, torch.Tensor] = {}
    for place, part in ((0, "to_q"), (0, "to_out"), (1, "to_v")):
        name = f"module.{stem}.{place}.processor.{part}_lora"
        tensors |= _pair(CHANNELS[0], CHANNELS[0], f"{name}.down.weight", f"{name}.up.weight")
    torch.save({"state_dict": tensors}, path)


def write_unsafe_pickle(path: Path, touches: Path) -> None:
    """A .ckpt that creates `touches` when its code is run, which nobody may."""

    class Code:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return exec, (f"open({str(touches)!r}, 'w').close()",)

    torch.save({"state_dict": {"a": torch.zeros(2)}, "code": Code()}, path)


def write_truncated(whole: Path, path: Path) -> None:
    """The first half of a file."""
    content = whole.read_bytes()
    path.write_bytes(content[: len(content) // 2])


if __name__ == "__main__":
    torch.set_num_threads(1)
    written = write_all(Path(sys.argv[1]))
    print(json.dumps(sorted(item.name for item in written.iterdir())))
