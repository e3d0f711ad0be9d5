"""LoRA: style and motion LoRAs put on a pipeline through peft, every layer accounted for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from animorch import Lora, WeightsError
from animorch_diffusers.lora_blocks import weigh
from animorch_diffusers.sources import download, locate, sign_in, signs_of
from animorch_diffusers.tensors import read_tensors

_DOWN = re.compile(r"(\.lora_down\.weight|\.lora_A(\.\w+)?\.weight|[._]lora\.down\.weight)$")
_OTHERS = {
    "hada_w1_a": "LoHa",
    "lokr_w1": "LoKr",
    "oft_blocks": "OFT",
    "dora_scale": "DoRA",
    "lora_mid": "Tucker-LoCon",
}


def put_on(pipe: Any, loras: Sequence[Lora], offline: bool) -> None:
    """Load LoRAs onto a fresh pipeline at their weights.

    Raises WeightsError when one is unreadable or has layers that the model has no place for.
    """
    names = [f"lora_{place}" for place in range(len(loras))]
    for name, lora in zip(names, loras, strict=True):
        _load(pipe, name, lora, offline)
    if not loras:
        return
    pipe.set_adapters(names, [lora.weight for lora in loras])
    for name, lora in zip(names, loras, strict=True):
        if lora.blocks:
            weigh(pipe, name, lora)


def _load(pipe: Any, name: str, lora: Lora, offline: bool) -> None:
    tensors, source = _read(lora, offline)
    try:
        pipe.load_lora_weights(source if source is not None else dict(tensors), adapter_name=name)
    except Exception as error:  # peft and diffusers raise ValueError, RuntimeError, KeyError …
        why = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"{lora.name} cannot be put on this checkpoint as a LoRA ({why}); check its family"
        ) from error
    wanted, found = sum(bool(_DOWN.search(key)) for key in tensors), _places(pipe, name)
    if wanted != found:
        raise WeightsError(
            f"{lora.name} changes {wanted} layers and only {found} of them exist in this checkpoint and "
            "motion module; "
            "choose a LoRA made for them"
        )


def _read(lora: Lora, offline: bool) -> tuple[dict[str, Any], str | None]:
    """Tensors by name, and the file to hand over as it is (None when names were changed here)."""
    path = _file(lora, offline)
    tensors = read_tensors(path)
    for sign, kind in _OTHERS.items():
        if any(sign in key for key in tensors):
            raise WeightsError(f"{lora.name} is a {kind}, which diffusers cannot apply; choose a plain LoRA")
    if not any(_DOWN.search(key) for key in tensors):
        raise WeightsError(f"{lora.name}: {path} has no LoRA layers in it; check the file")
    if any(".processor." in key and "_lora." in key for key in tensors):
        return renamed(tensors), None
    # a safetensors file carries its alphas in metadata, which only diffusers' own reading keeps
    return tensors, str(path) if path.suffix.lower() == ".safetensors" else None


def _file(lora: Lora, offline: bool) -> Path:
    where = locate(lora, offline)
    if isinstance(where, Path):
        return (sign_in(lora, where) or where) if where.is_dir() else where
    *others, last = signs_of(lora)
    for file in others:
        with suppress(WeightsError):
            return download(lora, file, offline)
    return download(lora, last, offline)


def renamed(tensors: dict[str, Any]) -> dict[str, Any]:
    """A motion LoRA or v3's domain adapter in the AnimateDiff authors' names, by diffusers' and peft's.

    Their strength is weight x up x down without an alpha, which is peft's alpha = rank.
    """
    from diffusers.loaders.single_file_utils import convert_animatediff_checkpoint_to_diffusers

    return {
        "unet." + _peft_name(key.removeprefix("unet.")): value
        for key, value in convert_animatediff_checkpoint_to_diffusers(tensors).items()
    }


def _peft_name(key: str) -> str:
    key = key.replace(".processor.", ".").replace("to_out_lora", "to_out.0_lora")
    return key.replace("_lora.down.", ".lora_A.").replace("_lora.up.", ".lora_B.")


def _places(pipe: Any, name: str) -> int:
    """Layers of the pipeline that carry this adapter."""
    models = (getattr(pipe, part, None) for part in ("unet", "text_encoder", "text_encoder_2"))
    layers = (layer for model in models if model is not None for layer in model.modules())
    return sum(name in getattr(layer, "lora_A", ()) for layer in layers)
