"""Original: motion weights in the AnimateDiff authors' names, which ComfyUI and A1111 read.

    python -m animorch_diffusers.training.original ADAPTER FILE.safetensors

writes diffusers' motion adapter folder ADAPTER as such a file. The inverse of what layout.py and lora.py of
this plugin read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from animorch import AnimorchError, UsageError
from animorch_diffusers.layout import HEADS
from animorch_diffusers.training.export import placed_file

Tensor = Any
_TABLE = ".pos_embed.pe"
_NAMES = (
    (".norm1.", ".norms.0."),
    (".norm2.", ".norms.1."),
    (".norm3.", ".ff_norm."),
    (".attn1.", ".attention_blocks.0."),
    (".attn2.", ".attention_blocks.1."),
)


def module(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A motion module. tensors: by diffusers' names, position tables among them.

    diffusers has one table a transformer block, the authors one for each of its two attentions.
    """
    named: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name.endswith(_TABLE):
            for place in (1, 2):
                table = name.removesuffix(_TABLE) + f".attn{place}.pos_encoder.pe"
                named[_renamed(table)] = tensor.clone()  # safetensors refuses two names for one memory
        else:
            named[_renamed(name)] = tensor
    return {name: tensor.contiguous() for name, tensor in named.items()}


def write_module(tensors: Mapping[str, Tensor], heads: int, path: Path) -> None:
    """The file of a motion module, whole or not at all. tensors: as for `module`.

    heads: told in the file's metadata, since shapes do not show them; others take every module for one of 8.
    """
    from safetensors.torch import save_file

    with placed_file(path) as file:
        save_file(module(tensors), file, metadata={"format": "pt", HEADS: str(heads)})


def lora(pairs: Mapping[str, tuple[Tensor, Tensor]], strength: float) -> dict[str, Tensor]:
    """A motion LoRA. pairs: down (rank, in) and up (out, rank) by the layer that they are added to.

    The authors add up x down as it is, so strength (alpha / rank) goes into up.
    """
    named: dict[str, Tensor] = {}
    for layer, (down, up) in pairs.items():
        stem, _, part = _renamed(layer.removesuffix(".0")).rpartition(".")
        named[f"{stem}.processor.{part}_lora.down.weight"] = down.contiguous()
        named[f"{stem}.processor.{part}_lora.up.weight"] = (up * strength).contiguous()
    return named


def _renamed(name: str) -> str:
    name = re.sub(r"(motion_modules\.\d+)\.", r"\1.temporal_transformer.", name)
    for ours, theirs in _NAMES:
        name = name.replace(ours, theirs)
    return name


def main(words: list[str]) -> int:
    if len(words) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    from diffusers import MotionAdapter

    folder = Path(words[0])
    try:
        if not (folder / "config.json").is_file():
            raise UsageError(f"{folder} has no config.json; give the folder of a diffusers motion adapter")
        adapter = MotionAdapter.from_pretrained(folder)
        write_module(adapter.state_dict(), adapter.config[HEADS], Path(words[1]))
    except AnimorchError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
