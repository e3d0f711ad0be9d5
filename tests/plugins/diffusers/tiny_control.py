"""Tiny random control weights beside tiny.py's checkpoint, in every form that is published.

controlnet/    controlnet.safetensors by diffusers' names    controlnet.pth by the authors'
sparse_rgb/    sparse_scribble/    sparse_*.ckpt and sparse_*.safetensors in the authors' layout
ip_base.safetensors  ip_base.bin  ip_plus.safetensors           image_encoder/     photo.png  mask.png  film/
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import ControlNetModel, SparseControlNetModel, UNetMotionModel
from PIL import Image
from safetensors.torch import save_file
from tiny import CHANNELS, WIDTH, original
from tiny_ldm import _ldm_unet
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

_HINT = (4, 4, 8, 8)  # channels on the way to an eighth of the size
_SHARED = {
    "block_out_channels": CHANNELS,
    "layers_per_block": 1,
    "cross_attention_dim": WIDTH,
    "attention_head_dim": 8,
    "norm_num_groups": 8,
    "conditioning_embedding_out_channels": _HINT,
}
_VISION, _SEEN, _TOKENS = 24, 16, 4  # width of the image encoder, of what it projects to; tokens of an image


def write_controls(folder: Path) -> Path:
    """Every file named above, in a new folder."""
    folder.mkdir()
    write_controlnet(folder)
    for kind in ("rgb", "scribble"):
        write_sparse(folder, kind)
    write_look(folder)
    write_pictures(folder)
    return folder


def write_controlnet(folder: Path, name: str = "controlnet", seed: int = 31) -> None:
    torch.manual_seed(seed)
    net = ControlNetModel(**_SHARED, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"))
    _awake(net)
    net.save_pretrained(folder / name)
    tensors = {key: tensor.contiguous() for key, tensor in net.state_dict().items()}
    save_file(tensors, folder / f"{name}.safetensors")
    torch.save(
        {f"control_model.{_ldm(key)}": tensor for key, tensor in tensors.items()}, folder / f"{name}.pth"
    )


def write_sparse(folder: Path, kind: str, seed: int = 32) -> None:
    torch.manual_seed(seed)
    rgb = kind == "rgb"
    net = SparseControlNetModel(
        **_SHARED,
        down_block_types=("CrossAttnDownBlockMotion", "DownBlockMotion"),
        conditioning_channels=4 if rgb else 3,
        use_simplified_condition_embedding=rgb,
        motion_num_attention_heads=8,
    )
    _awake(net)
    net.save_pretrained(folder / f"sparse_{kind}")
    named = {f"module.{key}": tensor for key, tensor in original(net.state_dict()).items()}
    torch.save({"controlnet": named}, folder / f"sparse_{kind}.ckpt")
    save_file({key: t.contiguous() for key, t in named.items()}, folder / f"sparse_{kind}.safetensors")


def _awake(net: torch.nn.Module) -> None:
    """Control networks begin with zeros where they meet the UNet, and would change nothing."""
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if weight.dim() > 1 and not weight.any():
                weight.normal_(std=0.5 if "cond_embedding" in name else 0.2)


_OURS = {  # of a ControlNet beside the half of a UNet that it is
    r"^controlnet_cond_embedding\.conv_in": "input_hint_block.0",
    r"^controlnet_cond_embedding\.conv_out": "input_hint_block.14",
    r"^controlnet_down_blocks\.(\d+)": r"zero_convs.\1.0",
    r"^controlnet_mid_block": "middle_block_out.0",
}


def _ldm(key: str) -> str:
    """diffusers' ControlNet names back to the authors'."""
    hint = re.match(r"controlnet_cond_embedding\.blocks\.(\d+)\.(.*)", key)
    if hint:
        return f"input_hint_block.{2 * int(hint[1]) + 2}.{hint[2]}"
    if not key.startswith("controlnet_"):
        return _ldm_unet({"layers_per_block": 1}, key)
    for new, old in _OURS.items():
        key = re.sub(new, old, key)
    return key


def write_look(folder: Path, seed: int = 33) -> None:
    torch.manual_seed(seed)
    encoder = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=_VISION,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=16,
            patch_size=8,
            projection_dim=_SEEN,
        )
    )
    encoder.save_pretrained(folder / "image_encoder")
    layers = _attending()
    for name, parts in (("ip_base", _base()), ("ip_plus", _plus())):
        whole = {"image_proj": parts, "ip_adapter": layers}
        flat = {f"{part}.{key}": value for part, held in whole.items() for key, value in held.items()}
        save_file(flat, folder / f"{name}.safetensors")
        torch.save(whole, folder / f"{name}.bin")


def _base() -> dict[str, torch.Tensor]:
    return {
        "proj.weight": torch.randn(_TOKENS * WIDTH, _SEEN),
        "proj.bias": torch.zeros(_TOKENS * WIDTH),
        "norm.weight": torch.ones(WIDTH),
        "norm.bias": torch.zeros(WIDTH),
    }


def _plus() -> dict[str, torch.Tensor]:
    """The resampler: four layers, whose heads are 64 wide."""
    hidden = 64
    named = {
        "latents": torch.randn(1, _TOKENS, hidden),
        "proj_in.weight": torch.randn(hidden, _VISION) * 0.3,
        "proj_in.bias": torch.zeros(hidden),
        "proj_out.weight": torch.randn(WIDTH, hidden) * 0.3,
        "proj_out.bias": torch.zeros(WIDTH),
        **_norm("norm_out", WIDTH),
    }
    for layer in range(4):
        attention, forward = f"layers.{layer}.0", f"layers.{layer}.1"
        named |= _norm(f"{attention}.norm1", hidden) | _norm(f"{attention}.norm2", hidden)
        named |= {
            **_norm(f"{forward}.0", hidden),
            f"{attention}.to_q.weight": torch.randn(hidden, hidden) * 0.2,
            f"{attention}.to_kv.weight": torch.randn(2 * hidden, hidden) * 0.2,
            f"{attention}.to_out.weight": torch.randn(hidden, hidden) * 0.2,
            f"{forward}.1.weight": torch.randn(4 * hidden, hidden) * 0.2,
            f"{forward}.3.weight": torch.randn(hidden, 4 * hidden) * 0.2,
        }
    return named


def _norm(name: str, width: int) -> dict[str, torch.Tensor]:
    return {f"{name}.weight": torch.ones(width), f"{name}.bias": torch.zeros(width)}


def _attending() -> dict[str, torch.Tensor]:
    """Keys and values for each cross-attention of the tiny UNet, numbered as the authors number them."""
    widths = [CHANNELS[0], CHANNELS[0], CHANNELS[0], CHANNELS[1]]  # down, up, up, mid
    names = [f"{2 * place + 1}.to_{part}_ip.weight" for place in range(len(widths)) for part in "kv"]
    return {name: torch.randn(widths[place // 2], WIDTH) * 0.5 for place, name in enumerate(names)}


def write_pictures(folder: Path, frames: int = 4) -> None:
    """A photo, a mask white on its left half, and a folder of `frames` frames."""
    chance = np.random.default_rng(5)
    Image.fromarray(chance.integers(0, 256, (64, 64, 3), np.uint8)).save(folder / "photo.png")
    half = np.zeros((64, 64), np.uint8)
    half[:, :32] = 255
    Image.fromarray(half).save(folder / "mask.png")
    (folder / "film").mkdir()
    for place in range(frames):
        frame = chance.integers(0, 256, (64, 64, 3), np.uint8)
        Image.fromarray(frame).save(folder / "film" / f"{place:04}.png")


def animated(weights: Path, scheduler: Any, motion: str = "motion_a", cls: Any = None, **parts: Any) -> Any:
    """A stock AnimateDiff pipeline of tiny.py's parts, in fp32 and without a bar."""
    from diffusers import AnimateDiffPipeline, MotionAdapter, StableDiffusionPipeline

    base = StableDiffusionPipeline.from_pretrained(weights / "checkpoint", safety_checker=None)
    unet = UNetMotionModel.from_unet2d(base.unet, MotionAdapter.from_pretrained(weights / motion))
    pipe = (cls or AnimateDiffPipeline)(
        vae=base.vae,
        text_encoder=base.text_encoder,
        tokenizer=base.tokenizer,
        unet=unet,
        motion_adapter=None,
        scheduler=scheduler,
        **parts,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe
