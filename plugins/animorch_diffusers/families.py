"""Families: of which base a weight file is, told from the names and shapes of its tensors alone.

Nothing here imports torch, so that `plan` refuses an SDXL checkpoint under an SD1.5 motion module before
anything is loaded. A family that we cannot render is refused by its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from animorch import Checkpoint, Lora, WeightsError
from animorch_diffusers.tensors import Shapes

Family = Literal["sd15", "sdxl"]
SPOKEN = {"sd15": "Stable Diffusion 1.5", "sdxl": "SDXL", "sd2": "Stable Diffusion 2"}
UNET = "model.diffusion_model."  # before every UNet tensor of a single-file checkpoint
VAE = "first_stage_model."
CLIP_L = ("cond_stage_model.transformer.", "conditioner.embedders.0.transformer.")  # of SD1.5, of SDXL
CLIP_G = "conditioner.embedders.1.model."
_BY_WIDTH = {768: "sd15", 1024: "sd2", 2048: "sdxl"}  # of the text that a UNet attends to
# how a file of another kind or family shows itself: a part of a tensor's name, and what the file is
_OTHERS = {
    "double_blocks.": "a Flux checkpoint",
    "joint_blocks.": "a Stable Diffusion 3 checkpoint",
    "cond_stage_model.model.": "a Stable Diffusion 2 checkpoint",
    "motion_modules.": "a motion module; name it as motion",
    "temporal_attentions.": "a motion module; name it as motion",
    "lora_": "a LoRA; name it in loras",
    ".lora.": "a LoRA; name it in loras",
}
_TAKEN = "the diffusers backend takes Stable Diffusion 1.5 and SDXL"


def family_of(shapes: Shapes, where: str) -> Family:
    """The family of a single-file checkpoint; raises WeightsError naming what the file is instead."""
    for sign, what in _OTHERS.items():
        if any(sign in key for key in shapes):
            raise WeightsError(f"{where} is {what}; {_TAKEN}")
    _refuse_channels(shapes.get(UNET + "input_blocks.0.0.weight", (0, 4))[1], where)
    if not any(key.startswith(UNET) for key in shapes):
        raise WeightsError(_no_checkpoint(shapes, where))
    if any(key.startswith(CLIP_G) for key in shapes):
        return "sdxl"
    if any(key.startswith("conditioner.embedders.0.model.") for key in shapes):
        raise WeightsError(f"{where} is an SDXL refiner, which only finishes pictures; give an SDXL base")
    if not any(key.startswith(CLIP_L) for key in shapes):
        raise WeightsError(
            f"{where} has a UNet and no text encoder, so it is not a whole checkpoint; {_TAKEN}, whole"
        )
    return "sd15"


def _no_checkpoint(shapes: Shapes, where: str) -> str:
    if any(key.startswith(("encoder.down", "decoder.up", "decoder.conv_in")) for key in shapes):
        return f"{where} is a VAE alone, not a checkpoint; name it as vae"
    return f"{where} has no Stable Diffusion UNet in it (no {UNET}* keys); check the file"


def family_in(folder: Path) -> Family:
    """The family of a diffusers folder, from its configs; raises WeightsError as family_of does."""
    unet = _config(folder / "unet" / "config.json")
    if unet.get("in_channels", 4) != unet.get("out_channels", 4):  # a model of our own may have 8 of both
        _refuse_channels(unet.get("in_channels", 4), str(folder))
    if _BY_WIDTH.get(_width(unet)) == "sd2":
        raise WeightsError(f"{folder} is a Stable Diffusion 2 checkpoint; {_TAKEN}")
    if unet.get("addition_embed_type") != "text_time":
        return "sd15"
    if not (folder / "text_encoder").is_dir():
        raise WeightsError(f"{folder} is an SDXL refiner, which only finishes pictures; give an SDXL base")
    return "sdxl"


def _width(unet: Mapping[str, Any]) -> int:
    width = unet.get("cross_attention_dim", 0)
    return width if isinstance(width, int) else 0


def _config(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # said in full by the loading itself
    return told if isinstance(told, dict) else {}


def _refuse_channels(channels: int, where: str) -> None:
    if channels in (8, 9):
        kind = "an inpainting" if channels == 9 else "an instruct-pix2pix"
        raise WeightsError(f"{where} is {kind} checkpoint, whose UNet wants a picture besides; {_TAKEN}")


def misfit(checkpoint: Checkpoint, family: str) -> str | None:
    """The sentence for a checkpoint of another family than its entry says; None when they agree."""
    said = "sdxl" if checkpoint.base == "sdxl" else "sd15"
    if said == family:
        return None
    return (
        f"checkpoint={checkpoint.name} says base={checkpoint.base} and its weights are of {SPOKEN[family]}; "
        f"set checkpoint.base={family} with a motion module for it, or choose another checkpoint"
    )


def lora_problems(lora: Lora, label: str, shapes: Shapes, base: str) -> Iterator[str]:
    """A sentence for a LoRA whose text width or encoders are of another family than `base`."""
    found = lora_family(shapes)
    if base != "embedded" and found is not None and found != base:
        yield (
            f"{label}={lora.name} was made for {SPOKEN[found]} and the checkpoint is of {SPOKEN[base]}; "
            f"choose a LoRA for {SPOKEN[base]}"
        )


def lora_family(shapes: Shapes) -> str | None:
    """The family that a LoRA's layers on text show; None when it has none of them."""
    for key, shape in shapes.items():
        reads_text = "attn2" in key and ("to_k" in key or "to_v" in key)
        if reads_text and key.endswith(("lora_down.weight", "lora_A.weight", "lora.down.weight")):
            return _BY_WIDTH.get(shape[1])
    return "sdxl" if any(key.startswith(("lora_te2_", "text_encoder_2.")) for key in shapes) else None
