"""Folder: Stable Diffusion's parts out of a diffusers folder, memory-mapped."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from animorch import WeightsError
from animorch_diffusers.base import Base, scheduler_config, vae_dtype
from animorch_diffusers.families import family_in
from animorch_diffusers.meta import filled
from animorch_diffusers.tensors import read_tensors

# names that a part's weights go by, best first; `fp16` is a variant that a hub repository may offer alone
_STEMS = ("diffusion_pytorch_model", "model", "pytorch_model")
_SUFFIXES = (".safetensors", ".fp16.safetensors", ".bin", ".fp16.bin")
# diffusers' own old names for a VAE's attention
_OLD_VAE = {".query.": ".to_q.", ".key.": ".to_k.", ".value.": ".to_v.", ".proj_attn.": ".to_out.0."}


def base_in(folder: Path, dtype: Any, whose: str) -> Base:
    """Every part of the folder; raises WeightsError beginning with `whose` where tensors are missing."""
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

    family = family_in(folder)
    second = family == "sdxl"
    vae_config = config_of(folder / "vae")
    return Base(
        unet=part_in(folder / "unet", UNet2DConditionModel, dtype, whose),
        vae=vae_in(folder / "vae", vae_dtype(family, vae_config, dtype), whose),
        text_encoder=_text_in(folder / "text_encoder", CLIPTextModel, dtype, whose),
        tokenizer=CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True),
        sampling=scheduler_config(_json(folder / "scheduler" / "scheduler_config.json")),
        family=family,
        text_encoder_2=_text_in(folder / "text_encoder_2", CLIPTextModelWithProjection, dtype, whose)
        if second
        else None,
        tokenizer_2=CLIPTokenizer.from_pretrained(folder / "tokenizer_2", local_files_only=True)
        if second
        else None,
        vae_config=vae_config,
    )


def part_in(folder: Path, kind: Any, dtype: Any, whose: str) -> Any:
    """A diffusers model out of its folder."""
    return filled(partial(kind.from_config, config_of(folder)), tensors_in(folder), dtype, whose)


def vae_in(folder: Path, dtype: Any, whose: str) -> Any:
    """An AutoencoderKL out of its folder."""
    from diffusers import AutoencoderKL

    tensors = {_renamed(key): tensor for key, tensor in tensors_in(folder).items()}
    return filled(partial(AutoencoderKL.from_config, config_of(folder)), tensors, dtype, whose)


def _renamed(key: str) -> str:
    for old, new in _OLD_VAE.items():
        key = key.replace(old, new) if ".attentions." in key else key
    return key


def _text_in(folder: Path, kind: Any, dtype: Any, whose: str) -> Any:
    return text_model(kind, config_of(folder), tensors_in(folder), dtype, whose)


def text_model(kind: Any, config: dict[str, Any], tensors: dict[str, Any], dtype: Any, whose: str) -> Any:
    """A CLIP text model around its tensors, which may carry `text_model.` before their names or not."""
    settings = kind.config_class.from_dict(config)
    named = {key.removeprefix("text_model."): tensor for key, tensor in tensors.items()}
    if kind.__name__ == "CLIPTextModelWithProjection":  # transformers 5.6 took the prefix off the other only
        named = {key if "projection" in key else f"text_model.{key}": t for key, t in named.items()}
    return filled(partial(kind, settings), named, dtype, whose)


def config_of(folder: Path) -> dict[str, Any]:
    """A part's config.json."""
    return _json(folder / "config.json")


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def tensors_in(folder: Path) -> dict[str, Any]:
    """A part's tensors: one file, or several that an index lists; raises WeightsError when there are none."""
    for suffix in _SUFFIXES:
        for stem in _STEMS:
            if (folder / f"{stem}{suffix}").is_file():
                return read_tensors(folder / f"{stem}{suffix}")
            index = folder / f"{stem}{suffix}.index.json"
            if index.is_file():
                files = sorted(set(_json(index)["weight_map"].values()))
                return {key: t for file in files for key, t in read_tensors(folder / file).items()}
    raise WeightsError(f"{folder} has no weights in it (as {_STEMS[0]}.safetensors); download it again")
