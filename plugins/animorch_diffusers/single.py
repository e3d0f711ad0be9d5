"""Single: Stable Diffusion's parts out of one .safetensors or .ckpt file, as checkpoint sites publish them.

Configs and tokenizer are bundled; a config folder of the user's replaces them. Widths are read off the
tensors, so that a model of the published shape but other widths loads as well.
"""

from __future__ import annotations

from functools import partial
from math import gcd
from pathlib import Path
from typing import Any

from animorch_diffusers.base import Base, scheduler_config, vae_dtype
from animorch_diffusers.bundled import Configs
from animorch_diffusers.families import CLIP_G, CLIP_L, VAE, Family, family_of
from animorch_diffusers.folder import text_model
from animorch_diffusers.meta import filled
from animorch_diffusers.tensors import read_tensors

Config = dict[str, Any]
Tensors = dict[str, Any]
_HEAD = 64  # width of an attention head in SDXL's UNet and in CLIP's text models


def base_of(path: Path, folder: Path | None, dtype: Any, whose: str) -> Base:
    """Every part of the file; configs and tokenizer come from `folder`, or are the bundled ones.

    Raises WeightsError beginning with `whose` where tensors are missing.
    """
    tensors = read_tensors(path)
    family = family_of({key: tuple(tensor.shape) for key, tensor in tensors.items()}, str(path))
    configs = Configs(family, folder)
    second = family == "sdxl"
    return Base(
        unet=_unet(configs, tensors, dtype, whose),
        vae=vae_of(configs.of("vae"), tensors, family, dtype, whose, fit=configs.fit)
        if any(key.startswith(VAE) for key in tensors)
        else None,
        text_encoder=_text_l(configs, tensors, dtype, whose),
        tokenizer=configs.tokenizer(),
        sampling=_sampling(configs, tensors),
        family=family,
        text_encoder_2=_text_g(configs, tensors, dtype, whose) if second else None,
        tokenizer_2=configs.tokenizer(second=True) if second else None,
        vae_config=configs.of("vae"),
    )


def _unet(configs: Configs, tensors: Tensors, dtype: Any, whose: str) -> Any:
    from diffusers import UNet2DConditionModel
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint

    config = configs.of("unet")
    named = dict(convert_ldm_unet_checkpoint(tensors, config))
    config = fitted_unet(config, named) if configs.fit else config
    return filled(partial(UNet2DConditionModel.from_config, config), named, dtype, whose)


def fitted_unet(config: Config, tensors: Tensors) -> Config:
    """The config with the widths that the tensors have."""
    channels = _widths(tensors, "down_blocks.{}.resnets.0.conv1.weight", config)
    text = next((t.shape[1] for key, t in tensors.items() if key.endswith(".attn2.to_k.weight")), 0)
    linear = next((t.ndim == 2 for key, t in tensors.items() if key.endswith("proj_in.weight")), False)
    found = {
        "block_out_channels": channels,
        "cross_attention_dim": text,
        "norm_num_groups": gcd(config["norm_num_groups"], *channels),
        "use_linear_projection": linear,
    }
    if isinstance(config["attention_head_dim"], list):
        found["attention_head_dim"] = [max(1, width // _HEAD) for width in channels]
    if "add_embedding.linear_1.weight" in tensors:
        found["projection_class_embeddings_input_dim"] = tensors["add_embedding.linear_1.weight"].shape[1]
    return config | found


def _widths(tensors: Tensors, name: str, config: Config) -> list[int]:
    """Output channels of each level; those of the config where the file lacks the tensor."""
    widths = list(config["block_out_channels"])
    for level in range(len(widths)):
        if name.format(level) in tensors:
            widths[level] = tensors[name.format(level)].shape[0]
    return widths


def vae_of(
    config: Config, tensors: Tensors, family: Family, dtype: Any, whose: str, *, fit: bool = True
) -> Any:
    """An AutoencoderKL of a file's tensors, in LDM's names or diffusers', with the family's config."""
    from diffusers import AutoencoderKL
    from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint

    theirs = any("encoder.down_blocks." in key for key in tensors)
    named = dict(tensors) if theirs else dict(convert_ldm_vae_checkpoint(tensors, config))
    config = fitted_vae(config, named) if fit else config
    chosen = vae_dtype(family, config, dtype)
    return filled(partial(AutoencoderKL.from_config, config), named, chosen, whose)


def fitted_vae(config: Config, tensors: Tensors) -> Config:
    """The config with the widths that the tensors have."""
    channels = _widths(tensors, "encoder.down_blocks.{}.resnets.0.conv1.weight", config)
    latents = tensors.get("decoder.conv_in.weight")
    return config | {
        "block_out_channels": channels,
        "norm_num_groups": gcd(config["norm_num_groups"], *channels),
        "latent_channels": config["latent_channels"] if latents is None else latents.shape[1],
    }


def _text_l(configs: Configs, tensors: Tensors, dtype: Any, whose: str) -> Any:
    from transformers import CLIPTextModel

    stem = next(stem for stem in CLIP_L if any(key.startswith(stem) for key in tensors))
    named = {key.removeprefix(stem): tensor for key, tensor in tensors.items() if key.startswith(stem)}
    config = configs.of("text_encoder")
    config = fitted_text(config, named) if configs.fit else config
    return text_model(CLIPTextModel, config, named, dtype, whose)


def _text_g(configs: Configs, tensors: Tensors, dtype: Any, whose: str) -> Any:
    from transformers import CLIPTextModelWithProjection

    named, config = open_clip(tensors), configs.of("text_encoder_2")
    config = fitted_text(config, named) if configs.fit else config
    return text_model(CLIPTextModelWithProjection, config, named, dtype, whose)


def open_clip(tensors: Tensors) -> Tensors:
    """OpenCLIP's text model by transformers' names: its q, k and v are rows of one matrix."""
    named: Tensors = {}
    for key, tensor in tensors.items():
        if not key.startswith(CLIP_G):
            continue
        name = key.removeprefix(CLIP_G)
        for old, new in _OPEN_CLIP.items():
            name = name.replace(old, new)
        if name == "text_projection":
            named["text_projection.weight"] = tensor.T.contiguous()
        elif "attn.in_proj_" in name:
            stem, kind = name.split("attn.in_proj_")
            for part, rows in zip("qkv", tensor.chunk(3), strict=True):
                named[f"{stem}self_attn.{part}_proj.{kind}"] = rows
        else:
            named[name.replace(".attn.", ".self_attn.")] = tensor
    return named


_OPEN_CLIP = {
    "transformer.resblocks.": "encoder.layers.",
    "token_embedding.weight": "embeddings.token_embedding.weight",
    "positional_embedding": "embeddings.position_embedding.weight",
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "ln_final": "final_layer_norm",
    "c_fc": "fc1",
    "c_proj": "fc2",
}


def fitted_text(config: Config, tensors: Tensors) -> Config:
    """The config with the widths and the depth that the tensors have."""
    named = {key.removeprefix("text_model."): tensor.shape for key, tensor in tensors.items()}
    words = named.get("embeddings.token_embedding.weight")
    inner = named.get("encoder.layers.0.mlp.fc1.weight")
    if words is None or inner is None:
        return config  # the gap is named when the model is filled
    layers = {key.split(".")[2] for key in named if key.startswith("encoder.layers.")}
    found: Config = {
        "vocab_size": words[0],
        "hidden_size": words[1],
        "intermediate_size": inner[0],
        "num_hidden_layers": len(layers),
        "num_attention_heads": max(1, words[1] // _HEAD),
    }
    if "text_projection.weight" in named:
        found["projection_dim"] = named["text_projection.weight"][0]
    return config | found


def _sampling(configs: Configs, tensors: Tensors) -> Config:
    """The scheduler's config; a file that predicts velocity says so by a tensor `v_pred`."""
    told = configs.of("scheduler")
    return scheduler_config(told | ({"prediction_type": "v_prediction"} if "v_pred" in tensors else {}))
