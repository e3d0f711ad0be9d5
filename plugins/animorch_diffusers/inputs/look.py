"""Look: IP-Adapters, which let a UNet attend to images of a look beside the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from animorch import IPAdapter, RenderSpec, Weights, WeightsError
from animorch_diffusers.inputs.encoder import image_encoder
from animorch_diffusers.inputs.pictures import image
from animorch_diffusers.sources import locate
from animorch_diffusers.tensors import read, unwrapped

Tensor = Any
_PARTS = ("image_proj", "ip_adapter")


def loaded_key(spec: RenderSpec) -> object:
    """What `put_on` changes a UNet by: the adapters' files. Images and weights are no part of it."""
    return tuple(Weights.content(adapter) for adapter in spec.ip_adapters)


def put_on(pipe: Any, spec: RenderSpec, offline: bool) -> None:
    """Give a fresh pipeline's UNet the adapters' layers; raises WeightsError when one does not fit."""
    if not spec.ip_adapters:
        return
    loaded = [_read(adapter, offline) for adapter in spec.ip_adapters]
    try:
        pipe.unet._load_ip_adapter_weights(loaded)
    except (KeyError, ValueError, RuntimeError) as error:
        names = ", ".join(adapter.name for adapter in spec.ip_adapters)
        raise WeightsError(
            f"{names} cannot be put on this checkpoint as IP-Adapter ({' '.join(str(error).split())[:200]}); "
            "choose one made for its family"
        ) from error


def _read(adapter: IPAdapter, offline: bool) -> dict[str, Mapping[str, Tensor]]:
    """The two parts of a file, whether nested (.bin) or by prefix (.safetensors)."""
    where = locate(adapter, offline)
    if not isinstance(where, Path) or where.is_dir():
        raise WeightsError(f"{adapter.name}: name the adapter's weight file, not the folder {where}")
    loaded = read(where)
    nested = isinstance(loaded, dict) and all(isinstance(loaded.get(part), dict) for part in _PARTS)
    parts = {
        part: loaded[part] if nested else _under(unwrapped(loaded, where), f"{part}.") for part in _PARTS
    }
    if not all(parts.values()):
        raise WeightsError(f"{adapter.name}: {where} is no IP-Adapter (no image_proj and ip_adapter in it)")
    if needs_faces([f"image_proj.{key}" for key in parts["image_proj"]]):
        raise WeightsError(no_faces(adapter.name))
    return parts


def needs_faces(names: Any) -> bool:
    """Whether an adapter reads a face recogniser's embedding, told by its tensors' names."""
    return any(key.startswith(("image_proj.perceiver_resampler.", "image_proj.norm.")) for key in names) and (
        "image_proj.proj.weight" not in names
    )


def no_faces(name: str) -> str:
    """The sentence for FaceID adapters."""
    return (
        f"{name} is an IP-Adapter FaceID, which needs a face recogniser that animorch does not carry; choose "
        "a base, plus, light or full-face adapter"
    )


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


@dataclass(frozen=True)
class Look:
    """One adapter's images as embeddings (1, images, …), those of no image, and where it works.

    mask: (1, images, h, w) at latent size, 1 where the adapter works; None is everywhere.
    """

    shown: Tensor
    nothing: Tensor
    weight: float
    mask: Tensor | None

    def embeds(self, guided: bool) -> Tensor:
        """For a UNet call: (1 or 2, images, …), that of the negative prompt first."""
        import torch

        return torch.cat([self.nothing, self.shown]) if guided else self.shown


def looked_at(
    adapter: IPAdapter, layer: Any, device: Any, dtype: Any, offline: bool
) -> tuple[Tensor, Tensor]:
    """Embeddings of an adapter's images, and of none; both (1, images, …).

    Base adapters take the encoder's projection and zeros, the others its last layer but one, and what it says
    of a picture of zeros (StableDiffusionPipeline.encode_image).
    """
    import torch
    from diffusers.models.embeddings import ImageProjection

    encoder, prepare = image_encoder(adapter, device, dtype, offline)
    pixels = prepare([image(path) for path in adapter.images]).to(device, dtype)
    with torch.no_grad():
        if isinstance(layer, ImageProjection):
            shown = encoder(pixels).image_embeds
            return shown[None], torch.zeros_like(shown)[None]
        both = (encoder(each, output_hidden_states=True) for each in (pixels, torch.zeros_like(pixels)))
        shown, nothing = (found.hidden_states[-2][None] for found in both)
    return shown, nothing


def set_weights(unet: Any, weights: list[float]) -> None:
    """Strength of each adapter in every layer that attends to images."""
    for processor in unet.attn_processors.values():
        if hasattr(processor, "to_k_ip"):
            processor.scale = list(weights)
