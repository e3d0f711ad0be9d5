"""Parts: a small model's text encoder, UNet and motion module, new or gone on from, and back to disk."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, MotionAdapter, UNet2DConditionModel, UNetMotionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from animorch import UsageError
from animorch_diffusers.training.small import BaseMotion, BaseParts
from animorch_diffusers.training.tokens import tokenizer as new_tokenizer

Tensor = Any
MODEL, MOTION = "model", "motion"  # folders of a run: a StableDiffusionPipeline, a MotionAdapter


@dataclass
class Parts:
    """unet is a UNet2DConditionModel in base_image and a UNetMotionModel in base_motion."""

    vae: Any
    tokenizer: Any
    text: Any
    unet: Any


def parts_of(run: BaseParts, words: Iterable[str], folder: Path) -> Parts:
    """Those of run.start, or new ones of the recipe's configs. words: for a new tokenizer, kept in folder."""
    vae = AutoencoderKL.from_pretrained(run.vae).requires_grad_(False).eval()
    if run.start is not None:
        tokenizer = CLIPTokenizer.from_pretrained(run.start / MODEL / "tokenizer")
        text = CLIPTextModel.from_pretrained(run.start / MODEL / "text_encoder")
        unet = UNet2DConditionModel.from_pretrained(run.start / MODEL / "unet")
    else:
        tokenizer = new_tokenizer(words, folder / "tokenizer", run.text.get("max_position_embeddings", 77))
        text, unet = _new_text(run, tokenizer), UNet2DConditionModel(**run.unet)
    if isinstance(run, BaseMotion):
        unet = UNetMotionModel.from_unet2d(unet, _adapter(run))
    return Parts(vae, tokenizer, text.float(), unet.float())


def _new_text(run: BaseParts, tokenizer: Any) -> Any:
    ends = {"eos_token_id": tokenizer.eos_token_id, "bos_token_id": tokenizer.bos_token_id}
    config = CLIPTextConfig(
        vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **ends, **run.text
    )
    return CLIPTextModel(config)


def _adapter(run: BaseMotion) -> Any:
    if run.start is not None and (run.start / MOTION).is_dir():
        return MotionAdapter.from_pretrained(run.start / MOTION)
    if not run.adapter:
        raise UsageError(
            f"mode=base_motion needs a motion module; give adapter, or a start that has {MOTION}/"
        )
    adapter = MotionAdapter(**run.adapter)
    _begin_with_time(adapter)
    return adapter


def _begin_with_time(adapter: Any) -> None:
    """A new module begins by letting every frame look mostly at itself, so that it knows its place in time.

    The position enters only what attention reads; where attention begins even, all frames hear the same mean
    of positions. A choice of ours, not of a paper: in the first 100 steps on clips it made no difference to
    beginning with a module that changes nothing. The embedded model's began so.
    """
    with torch.no_grad():
        for name, value in adapter.named_parameters():
            if name.endswith((".to_q.weight", ".to_k.weight", ".to_v.weight", ".to_out.0.weight")):
                value.mul_(0.3).add_(0.7 * torch.eye(len(value)))
            elif name.endswith(".proj_out.weight"):
                value.mul_(0.5)


def write_model(folder: Path, run: BaseParts, parts: Parts, values: dict[str, Tensor]) -> None:
    """A StableDiffusionPipeline with these parameter values, named text.* and unet.*."""
    unet = parts.unet.state_dict() | _under(values, "unet.")
    spatial = UNet2DConditionModel(**unet_config(run))
    spatial.load_state_dict({name: value for name, value in unet.items() if "motion_modules." not in name})
    spatial.save_pretrained(folder / "unet")
    encoder = CLIPTextModel(parts.text.config)
    encoder.load_state_dict(parts.text.state_dict() | _under(values, "text."))
    encoder.save_pretrained(folder / "text_encoder")
    parts.tokenizer.save_pretrained(folder / "tokenizer")
    parts.vae.save_pretrained(folder / "vae")
    _scheduler(run).save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps(_INDEX, indent=1))


def write_motion(folder: Path, run: BaseMotion, parts: Parts, values: dict[str, Tensor]) -> None:
    """A MotionAdapter with these parameter values."""
    unet = parts.unet.state_dict() | _under(values, "unet.")
    adapter = MotionAdapter(**_adapter_config(run))
    adapter.load_state_dict({name: value for name, value in unet.items() if "motion_modules." in name})
    adapter.save_pretrained(folder)


def _scheduler(run: BaseParts) -> Any:
    return DDIMScheduler(
        beta_schedule=run.beta_schedule,
        beta_start=run.beta_start,
        beta_end=run.beta_end,
        prediction_type=run.prediction,
        rescale_betas_zero_snr=run.zero_snr,
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        timestep_spacing="linspace",
    )


def unet_config(run: BaseParts) -> dict[str, Any]:
    return run.unet or _config(run.start, MODEL, "unet")


def _adapter_config(run: BaseMotion) -> dict[str, Any]:
    return run.adapter or _config(run.start, MOTION)


def _config(start: Path | None, *inside: str) -> dict[str, Any]:
    assert start is not None  # parts_of has refused a recipe with neither
    kept = json.loads(start.joinpath(*inside, "config.json").read_text())
    return {name: value for name, value in kept.items() if not name.startswith("_")}


def _under(values: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


_INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.0",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
