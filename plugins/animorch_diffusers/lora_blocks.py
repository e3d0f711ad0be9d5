"""Lora blocks: another strength for a part of the model, as A1111's and ComfyUI's block weights have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from animorch import Lora, WeightsError

_WORD = re.compile(r"text|mid|(down|up)(\.(\d+))?")
_LEVELS = {"sd15": 4, "sdxl": 3}
_PLACE = re.compile(r"(?:(down|up)_blocks\.(\d+)|(mid)_block)\.")


def weigh(pipe: Any, name: str, lora: Lora) -> None:
    """Multiply a loaded LoRA's strength layer by layer: `down.1` counts before `down`, unnamed ones 1.

    name: of the adapter in peft. Raises WeightsError for a block that the UNet does not have.
    """
    levels = len(pipe.unet.config["block_out_channels"])
    for problem in block_problems(lora, lora.name, levels):
        raise WeightsError(problem)
    for part in ("unet", "text_encoder", "text_encoder_2"):
        model = getattr(pipe, part, None)
        for place, layer in model.named_modules() if model is not None else ():
            if name in getattr(layer, "lora_A", ()):
                share = strength(lora, "text" if part != "unet" else place)
                layer.set_scale(name, lora.weight * share)


def strength(lora: Lora, place: str) -> float:
    """The factor of a layer: of the block that it lies in. place: its name in the UNet, or `text`."""
    found = _PLACE.match(place)
    if found is None:  # text, and the UNet's few layers outside its blocks
        return lora.blocks.get(place, 1.0)
    side, number, _ = found.groups()
    if side is None:
        return lora.blocks.get("mid", 1.0)
    return lora.blocks.get(f"{side}.{number}", lora.blocks.get(side, 1.0))


def block_problems(lora: Lora, label: str, levels: int | None) -> Iterator[str]:
    """A sentence for each word in `blocks` that is no block. levels: of the UNet; None: not known yet."""
    for word in lora.blocks:
        found = _WORD.fullmatch(word)
        if found is None:
            yield (
                f"{label}: blocks has {word}, which is no block; use text, down, mid, up, or one level as "
                "down.0 and up.1"
            )
        elif levels is not None and found[3] is not None and int(found[3]) >= levels:
            yield (
                f"{label}: blocks has {word} and this UNet has the levels 0 to {levels - 1}; use "
                f"{found[1]}.0 to {found[1]}.{levels - 1}"
            )


def levels_of(base: str) -> int | None:
    """Levels of a family's UNet; None for small models, which may have any number."""
    return _LEVELS.get(base)
