"""Assembling: a pipeline around loaded parts, with what a spec puts on them.

The parts are shared and never written to. What changes a text encoder or the UNet (embeddings, LoRAs,
IP-Adapters) is put on modules made for this pipeline around the same tensors.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from animorch import RenderSpec
from animorch_diffusers import embeddings, inputs, lora
from animorch_diffusers.base import Base


@dataclass(frozen=True)
class Parts:
    """A checkpoint's parts, the VAE that is used, and the UNet with its motion module."""

    base: Base
    vae: Any
    unet: Any


def assembled(parts: Parts, spec: RenderSpec, offline: bool) -> Any:
    """The family's AnimateDiff pipeline, without a scheduler; raises WeightsError for what does not fit."""
    pipe = _pipeline(parts)
    pipe.set_progress_bar_config(disable=True)
    embeddings.put_on(pipe, spec.embeddings, offline)
    lora.put_on(pipe, (*spec.loras, *spec.motion_loras), offline)
    inputs.put_on(pipe, spec, offline)
    return pipe


def _pipeline(parts: Parts) -> Any:
    from diffusers import AnimateDiffPipeline, AnimateDiffSDXLPipeline

    base = parts.base
    given = {
        "vae": parts.vae,
        "text_encoder": shell(base.text_encoder),
        "tokenizer": base.tokenizer,
        "unet": parts.unet,
        "motion_adapter": None,
        "scheduler": None,
    }
    if base.family != "sdxl":
        return AnimateDiffPipeline(**given)
    second = {"text_encoder_2": shell(base.text_encoder_2), "tokenizer_2": base.tokenizer_2}
    return AnimateDiffSDXLPipeline(**given, **second)


def shell(model: Any) -> Any:
    """The same model in new modules around the same tensors, for peft to wrap."""
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared)
