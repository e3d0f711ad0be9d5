"""Vae: another VAE in the place of the checkpoint's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from animorch import Weights, WeightsError
from animorch_diffusers.base import Base, vae_dtype
from animorch_diffusers.sources import download, header_of, locate

_FOLDER = ("config.json", "diffusion_pytorch_model.safetensors")  # what is fetched of a hub repository


def load_vae(vae: Weights, base: Base, device: Any, dtype: Any, offline: bool) -> Any:
    """An AutoencoderKL out of a file, a folder or a hub repository, frozen, on the device.

    A single file brings no config: scaling factor and the like are the checkpoint's. Raises WeightsError
    when it is unreadable or of another number of channels.
    """
    from animorch_diffusers.folder import config_of, vae_in
    from animorch_diffusers.single import vae_of
    from animorch_diffusers.tensors import read_tensors

    where, whose = _place(vae, offline), f"vae={vae.name}"
    try:
        if where.is_file():
            made = vae_of(dict(base.vae_config or {}), read_tensors(where), base.family, dtype, whose)
        else:
            folder = where / "vae" if (where / "vae" / "config.json").is_file() else where
            made = vae_in(folder, vae_dtype(base.family, config_of(folder), dtype), whose)
    except WeightsError:
        raise
    except Exception as error:  # diffusers and torch each raise their own
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise WeightsError(f"{whose}: {where} cannot be read as a VAE ({why}); check the file") from error
    _refuse_channels(made.config.latent_channels, base, whose)
    return made.to(device)


def _place(vae: Weights, offline: bool) -> Path:
    where = locate(vae, offline)
    if isinstance(where, Path):
        return where
    config, _weights = (download(vae, file, offline) for file in _FOLDER)
    return config.parent


def _refuse_channels(channels: int, base: Base, whose: str) -> None:
    wanted = base.unet.config["in_channels"]
    if channels != wanted:
        raise WeightsError(
            f"{whose} makes latents of {channels} channels and the checkpoint's UNet takes {wanted}; "
            "choose a VAE of its family"
        )


def vae_problems(vae: Weights) -> Iterator[str]:
    """A sentence for a local file that is something else than a VAE."""
    shapes = header_of(vae)
    if shapes is None:
        return
    inside = [key.removeprefix("first_stage_model.") for key in shapes]
    if not any(key.startswith("decoder.") for key in inside):
        yield f"vae={vae.name} has no VAE decoder in it (no decoder.* keys); check the file"
