"""Parts: a small model's text encoder, UNet and motion module, new or gone on from, and back to disk."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        unet = UNet2DConditionModel.from_pretrained(run.start / MODEL / "unet")
    else:
        unet = UNet2DConditionModel(**run.unet)
    tokenizer, text = _text(run, words, folder)
    if isinstance(run, BaseMotion):
        unet = UNetMotionModel.from_unet2d(unet, _adapter(run))
    return Parts(vae, tokenizer, text.float(), unet.float())


def _text(run: BaseParts, words: Iterable[str], folder: Path) -> tuple[Any, Any]:
    """Tokenizer and text encoder: of run.text_from, else of run.start, else new."""
    home = run.text_from or (run.start and run.start / MODEL)
    if home is None:
        tokenizer = new_tokenizer(words, folder / "tokenizer", run.text.get("max_position_embeddings", 77))
        return tokenizer, new_text(run.text, tokenizer)
    encoder = CLIPTextModel.from_pretrained(home / "text_encoder")
    return CLIPTokenizer.from_pretrained(home / "tokenizer"), encoder


def new_text(told: dict[str, Any], tokenizer: Any) -> Any:
    """A CLIPTextModel of CLIPTextConfig's fields, for this tokenizer."""
    ends = {"eos_token_id": tokenizer.eos_token_id, "bos_token_id": tokenizer.bos_token_id}
    config = CLIPTextConfig(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **ends, **told)
    return CLIPTextModel(config)


def tokens(tokenizer: Any, captions: list[str]) -> Tensor:
    """(N, L) ids, padded and cut to the tokenizer's length."""
    return tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids


def _adapter(run: BaseMotion) -> Any:
    if run.start is not None and (run.start / MOTION).is_dir():
        return MotionAdapter.from_pretrained(run.start / MOTION)
    if not run.adapter:
        raise UsageError(
            f"mode=base_motion needs a motion module; give adapter, or a start that has {MOTION}/"
        )
    return MotionAdapter(**run.adapter)


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
