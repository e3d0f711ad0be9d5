"""Checkpoint: Stable Diffusion of any published form, loaded once and never changed afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from animorch import Checkpoint, WeightsError
from animorch_diffusers.base import Base as Base
from animorch_diffusers.families import SPOKEN, misfit
from animorch_diffusers.sources import locate, undelivered

# a safety checker would replace frames with black ones; nothing else here is used by AnimateDiff
_ABSENT = ("safety_checker", "feature_extractor", "image_encoder")


def load_base(checkpoint: Checkpoint, device: Any, dtype: Any, offline: bool) -> Base:
    """Read a checkpoint of any form; raises WeightsError when it cannot be."""
    where = locate(checkpoint, offline)
    if isinstance(where, str):
        where = _downloaded(checkpoint, offline)
    base = _read(checkpoint, where, dtype)
    if (sentence := misfit(checkpoint, base.family)) is not None:
        raise WeightsError(sentence)
    for part in (base.unet, base.vae, base.text_encoder, base.text_encoder_2):
        if part is not None:
            part.to(device)
    return base


def _read(checkpoint: Checkpoint, where: Path, dtype: Any) -> Base:
    from animorch_diffusers.folder import base_in
    from animorch_diffusers.single import base_of

    whose = f"checkpoint={checkpoint.name}"
    try:
        if where.is_file():
            return base_of(where, checkpoint.local_config(), dtype, whose)
        return base_in(where, dtype, whose)
    except WeightsError:
        raise
    except Exception as error:  # diffusers, transformers and torch each raise their own
        raise WeightsError(_unread(checkpoint, where, error)) from error


def _downloaded(checkpoint: Checkpoint, offline: bool) -> Path:
    """The snapshot folder of a hub repository, fetched where the cache lacks it."""
    from diffusers import DiffusionPipeline

    absent: dict[str, Any] = dict.fromkeys(_ABSENT)
    try:
        found = DiffusionPipeline.download(
            checkpoint.repo, revision=checkpoint.revision, local_files_only=offline, **absent
        )
    except Exception as error:  # the hub's client raises its own, httpx's and the system's
        raise WeightsError(undelivered(checkpoint, error)) from error
    return Path(found)


def _unread(checkpoint: Checkpoint, path: Path, error: Exception) -> str:
    why = " ".join(str(error).split())[:200] or type(error).__name__
    spoken = SPOKEN["sdxl" if checkpoint.base == "sdxl" else "sd15"]
    return (
        f"checkpoint={checkpoint.name}: diffusers cannot read {path} as {spoken} ({why}); "
        "check or download it again"
    )
