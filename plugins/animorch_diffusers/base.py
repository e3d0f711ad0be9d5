"""Base: Stable Diffusion's parts on their device, whatever file they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from animorch_diffusers.families import Family


@dataclass(frozen=True)
class Base:
    """The parts of a checkpoint on their device. Pipelines share these tensors and never write to them."""

    unet: Any
    vae: Any | None  # None: a file without one
    text_encoder: Any
    tokenizer: Any
    sampling: Mapping[str, Any]  # the checkpoint's own scheduler config
    family: Family = "sd15"
    text_encoder_2: Any = None  # of SDXL: OpenCLIP's, with the projection that gives the pooled text
    tokenizer_2: Any = None
    vae_config: Mapping[str, Any] | None = None  # for a VAE of a single file, which brings no config

    @property
    def channels(self) -> tuple[int, ...]:
        return tuple(self.unet.config["block_out_channels"])


def vae_dtype(family: Family, config: Mapping[str, Any], dtype: Any) -> Any:
    """fp32 for SDXL's VAE in place of fp16, in which it overflows (its config says force_upcast)."""
    import torch

    upcast = family == "sdxl" and config.get("force_upcast", True) and dtype == torch.float16
    return torch.float32 if upcast else dtype


def scheduler_config(told: Mapping[str, Any]) -> dict[str, Any]:
    """A scheduler's JSON with what its class adds to it."""
    import diffusers

    kind = getattr(diffusers, str(told["_class_name"]))
    return dict(kind.from_config(dict(told)).config)
