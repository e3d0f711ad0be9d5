"""Encoder: the CLIP vision model through which an IP-Adapter sees its images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from animorch import IPAdapter, Weights, WeightsError

BESIDE = "image_encoder"  # the folder beside an adapter's file, as in h94/IP-Adapter
_MEAN, _SPREAD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)  # OpenAI's CLIP
Prepare = Callable[[list[Any]], Any]


def encoder_folder(adapter: IPAdapter) -> Path | None:
    """The local folder of the image encoder, there or not; None where it is the hub's to give."""
    if adapter.encoder is not None:
        return adapter.encoder.local() if adapter.encoder.path else None
    return None if adapter.path is None else adapter.local().parent / BESIDE


def image_encoder(adapter: IPAdapter, device: Any, dtype: Any, offline: bool) -> tuple[Any, Prepare]:
    """The model, and what makes PIL images its pixels (N, 3, side, side); raises WeightsError."""
    from transformers import CLIPVisionModelWithProjection

    where, options = _address(adapter, offline)
    try:
        model = CLIPVisionModelWithProjection.from_pretrained(where, dtype=dtype, **options)
    except Exception as error:  # transformers, safetensors and the hub's client each raise their own
        why = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"{adapter.name}: the image encoder cannot be read from {where} ({why}); set encoder.path=FOLDER "
            "to a CLIP vision model's folder"
        ) from error
    return model.to(device).requires_grad_(False).eval(), _preparing(model.config.image_size)


def _address(adapter: IPAdapter, offline: bool) -> tuple[str, dict[str, Any]]:
    folder = encoder_folder(adapter)
    if folder is not None:
        return str(folder), {"local_files_only": True}
    source: Weights = adapter.encoder or adapter
    inside = source.file if adapter.encoder else (Path(adapter.file or "").parent / BESIDE).as_posix()
    options = {"revision": source.revision, "local_files_only": offline, "subfolder": inside or ""}
    return source.repo or "", options


def _preparing(side: int) -> Prepare:
    """Resizing (short side, bicubic), cropping and normalising as CLIP was trained (CLIPImageProcessor).

    Written out, because transformers computes it in one of two ways, by what else is installed.
    """
    import numpy as np
    import torch

    def pixels(images: list[Any]) -> Any:
        fitted = [np.asarray(_cropped(image, side), np.float32) for image in images]
        scaled = (np.stack(fitted) / 255 - np.array(_MEAN)) / np.array(_SPREAD)
        return torch.from_numpy(scaled.astype(np.float32)).permute(0, 3, 1, 2)

    return pixels


def _cropped(image: Any, side: int) -> Any:
    from PIL import Image

    scale = side / min(image.size)
    width, height = (side if size == min(image.size) else int(size * scale) for size in image.size)
    left, top = (width - side) // 2, (height - side) // 2
    resized = image.resize((width, height), Image.Resampling.BICUBIC)
    return resized.crop((left, top, left + side, top + side))
