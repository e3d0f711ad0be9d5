"""A diffusers folder as one file in LDM's names: the inverse of what diffusers' single-file loader does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file


def write_single_file(folder: Path, path: Path) -> None:
    """A diffusers folder as one file in LDM layout, as checkpoint sites publish it."""
    pipe = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None, requires_safety_checker=False)
    named = _renamed(pipe.unet.state_dict(), _ldm_unet, "model.diffusion_model.")
    named |= _renamed(pipe.vae.state_dict(), _ldm_vae, "first_stage_model.")
    named |= _renamed(pipe.text_encoder.state_dict(), str, "cond_stage_model.transformer.text_model.")
    for key in named:  # LDM's VAE attends by 1x1 convolutions
        if re.search(r"mid\.attn_1\.(q|k|v|proj_out)\.weight", key):
            named[key] = named[key][:, :, None, None]
    save_file({key: tensor.contiguous() for key, tensor in named.items()}, path)


def _renamed(
    tensors: dict[str, torch.Tensor], rename: Callable[[str], str], stem: str
) -> dict[str, torch.Tensor]:
    return {stem + rename(key): tensor for key, tensor in tensors.items()}


_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_ENDS = {
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
}


def _ldm_unet(key: str) -> str:
    """diffusers' UNet name to LDM's, for one layer a block."""
    for new, old in _ENDS.items():
        if key.startswith(new + "."):
            return key.replace(new, old, 1)
    side, rest = key.split(".", 1)
    if side == "mid_block":
        kind, place, inner = rest.split(".", 2)
        number = 2 * int(place) + (kind == "attentions")
        return f"middle_block.{number}.{_ldm_part(kind, inner)}"
    block, kind, place, inner = rest.split(".", 3)
    return _ldm_block(side, int(block), kind, int(place), inner)


def _ldm_block(side: str, block: int, kind: str, place: int, inner: str) -> str:
    layers = 1 if side == "down_blocks" else 2
    stem = "input_blocks" if side == "down_blocks" else "output_blocks"
    first = 1 if side == "down_blocks" else 0
    number = first + block * (layers + (side == "down_blocks")) + place
    if kind == "downsamplers":
        return f"{stem}.{number + layers}.0.op.{inner.removeprefix('conv.')}"
    if kind == "upsamplers":  # it follows the resnet, and the attentions where the block has them
        return f"{stem}.{number + layers - 1}.1.conv.{inner.removeprefix('conv.')}"
    return f"{stem}.{number}.{1 if kind == 'attentions' else 0}.{_ldm_part(kind, inner)}"


def _ldm_part(kind: str, inner: str) -> str:
    if kind == "attentions":
        return inner
    part, rest = inner.split(".", 1)
    return f"{_RESNET[part]}.{rest}"


_VAE = (
    ("mid_block.resnets.0", "mid.block_1"),
    ("mid_block.resnets.1", "mid.block_2"),
    ("mid_block.attentions.0.group_norm", "mid.attn_1.norm"),
    ("mid_block.attentions.0.to_q", "mid.attn_1.q"),
    ("mid_block.attentions.0.to_k", "mid.attn_1.k"),
    ("mid_block.attentions.0.to_v", "mid.attn_1.v"),
    ("mid_block.attentions.0.to_out.0", "mid.attn_1.proj_out"),
    ("conv_norm_out", "norm_out"),
    ("conv_shortcut", "nin_shortcut"),
    ("downsamplers.0", "downsample"),
    ("upsamplers.0", "upsample"),
    ("resnets.", "block."),
)


def _ldm_vae(key: str) -> str:
    for new, old in _VAE:
        key = key.replace(new, old)
    key = re.sub(r"down_blocks\.(\d)", r"down.\1", key)
    return re.sub(r"up_blocks\.(\d)", lambda found: f"up.{3 - int(found[1])}", key)
