"""A diffusers folder as one file in LDM's names: the inverse of what diffusers' single-file loader does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from safetensors.torch import save_file


def write_single_file(folder: Path, path: Path) -> None:
    """A diffusers folder as one file in LDM layout, as checkpoint sites publish it."""
    kind = StableDiffusionXLPipeline if (folder / "text_encoder_2").is_dir() else StableDiffusionPipeline
    pipe = kind.from_pretrained(folder)
    named = _renamed(pipe.unet.state_dict(), partial(_ldm_unet, pipe.unet.config), "model.diffusion_model.")
    named |= vae_tensors(pipe.vae, "first_stage_model.")
    text = pipe.text_encoder.state_dict()
    if kind is StableDiffusionPipeline:
        named |= _renamed(text, str, "cond_stage_model.transformer.text_model.")
    else:
        named |= _renamed(text, str, "conditioner.embedders.0.transformer.text_model.")
        named |= _open_clip(pipe.text_encoder_2.state_dict(), "conditioner.embedders.1.model.")
    save_file({key: tensor.contiguous() for key, tensor in named.items()}, path)


def vae_tensors(vae: torch.nn.Module, stem: str = "") -> dict[str, torch.Tensor]:
    """A VAE by LDM's names, which attends by 1x1 convolutions."""
    named = _renamed(vae.state_dict(), _ldm_vae, stem)
    for key in named:
        if re.search(r"mid\.attn_1\.(q|k|v|proj_out)\.weight", key):
            named[key] = named[key][:, :, None, None].contiguous()
    return named


def _renamed(
    tensors: dict[str, torch.Tensor], rename: Callable[[str], str], stem: str
) -> dict[str, torch.Tensor]:
    return {stem + rename(key): tensor for key, tensor in tensors.items()}


def _open_clip(tensors: dict[str, torch.Tensor], stem: str) -> dict[str, torch.Tensor]:
    """A CLIPTextModelWithProjection by OpenCLIP's names: q, k and v in one matrix, the projection turned."""
    named: dict[str, torch.Tensor] = {}
    for key, tensor in tensors.items():
        key = key.removeprefix("text_model.")
        for new, old in _OPEN_CLIP:
            key = key.replace(new, old)
        if ".q_proj." in key:
            rows = [tensors[f"text_model.{_back(key)}".replace("q_proj", f"{part}_proj")] for part in "qkv"]
            named[stem + key.replace("q_proj.", "in_proj_")] = torch.cat(rows)
        elif not re.search(r"\.[kv]_proj\.", key):
            turned = key == "text_projection"
            named[stem + key] = tensor.T.contiguous() if turned else tensor
    return named


def _back(key: str) -> str:
    for new, old in _OPEN_CLIP:
        key = key.replace(old, new)
    return key


_OPEN_CLIP = (
    ("encoder.layers.", "transformer.resblocks."),
    ("embeddings.token_embedding.weight", "token_embedding.weight"),
    ("embeddings.position_embedding.weight", "positional_embedding"),
    ("layer_norm1", "ln_1"),
    ("layer_norm2", "ln_2"),
    ("final_layer_norm", "ln_final"),
    ("mlp.fc1", "mlp.c_fc"),
    ("mlp.fc2", "mlp.c_proj"),
    (".self_attn.", ".attn."),
    ("text_projection.weight", "text_projection"),
)
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
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}


def _ldm_unet(config: Mapping[str, Any], key: str) -> str:
    """diffusers' UNet name to LDM's."""
    for new, old in _ENDS.items():
        if key.startswith(new + "."):
            return key.replace(new, old, 1)
    side, rest = key.split(".", 1)
    if side == "mid_block":
        kind, place, inner = rest.split(".", 2)
        number = 2 * int(place) + (kind == "attentions")
        return f"middle_block.{number}.{_ldm_part(kind, inner)}"
    block, kind, place, inner = rest.split(".", 3)
    return _ldm_block(config, side, int(block), kind, int(place), inner)


def _ldm_block(config: Mapping[str, Any], side: str, block: int, kind: str, place: int, inner: str) -> str:
    down = side == "down_blocks"
    layers = config["layers_per_block"] + (not down)
    stem = "input_blocks" if down else "output_blocks"
    number = (1 if down else 0) + block * (layers + down) + place
    if kind == "downsamplers":
        return f"{stem}.{number + layers}.0.op.{inner.removeprefix('conv.')}"
    if kind == "upsamplers":  # it follows the resnet, and the attentions where the block has them
        after = 2 if "CrossAttn" in config["up_block_types"][block] else 1
        return f"{stem}.{number + layers - 1}.{after}.conv.{inner.removeprefix('conv.')}"
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
