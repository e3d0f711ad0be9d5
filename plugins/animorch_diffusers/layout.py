"""Layout: what a motion file is, told from the names and shapes of its tensors alone.

Nothing is fetched: the config that diffusers would take from the hub is derived here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import gcd

from animorch import WeightsError
from animorch_diffusers.tensors import Shapes

_PLACE = re.compile(r"(?:(down|up)_blocks\.(\d+)|mid_block)\.motion_modules\.(\d+)\.")
_BLOCK = re.compile(r"\.motion_modules\..*transformer_blocks\.(\d+)\.")
HEADS = "motion_num_attention_heads"  # in the metadata of files that we write; shapes do not show it
_HEADS = 8  # of every published SD1.5 module
_GROUPS = 32
_WIDTH = 320  # of the first level of SD1.5 and SDXL
_HOTSHOT = re.compile(r"\.temporal_attentions\.(\d+)\.")
_NOT_A_MODULE = {
    "controlnet_cond_embedding": "a SparseCtrl control model, not a motion module",
    "lora": "a LoRA; name it in loras or motion_loras",
    "model.diffusion_model.": "a whole checkpoint, not a motion module; name it as checkpoint",
    "image_encoder": "an image-to-video module (AnimateLCM-I2V), which needs a picture to start from",
}


@dataclass(frozen=True)
class MotionLayout:
    """What diffusers calls the MotionAdapter's config, as far as shapes tell it."""

    channels: tuple[int, ...]
    layers: tuple[int, ...]
    transformers: int
    mid_block: bool
    table: int | None  # None when the file was repacked without its position tables
    original: bool  # the authors' key names, not diffusers'
    hotshot: bool = False

    @property
    def base(self) -> str | None:
        """The family of UNet that it animates: four levels are SD1.5's, three are SDXL's (registry, C.3)."""
        return {4: "sd15", 3: "sdxl"}.get(len(self.channels))

    @property
    def published(self) -> bool:
        """Whether it is as wide as the published models, so that no small UNet can take it."""
        return self.channels[0] == _WIDTH

    @property
    def family(self) -> str:
        """The registry's word for it: v1, v2, v3, sdxl, hotshot; AnimateLCM and LongAnimateDiff are v2."""
        if self.hotshot or self.base == "sdxl":
            return "hotshot" if self.hotshot else "sdxl"
        if self.mid_block:
            return "v2"
        return {24: "v1", 32: "v3"}.get(self.table or 0, "unknown")

    def config(self, table: int, heads: int | None) -> dict[str, object]:
        """Arguments of MotionAdapter. table: for a file that has none of its own; heads: what a file told."""
        return {
            "block_out_channels": self.channels,
            "motion_layers_per_block": self.layers if len(set(self.layers)) > 1 else self.layers[0],
            "motion_transformer_layers_per_block": self.transformers,
            "motion_transformer_layers_per_mid_block": self.transformers,
            HEADS: heads or gcd(_HEADS, *self.channels),
            "motion_norm_num_groups": gcd(_GROUPS, *self.channels),
            "motion_max_seq_length": self.table or table,
            "use_motion_mid_block": self.mid_block,
        }


def layout_of(shapes: Shapes, where: str) -> MotionLayout:
    """The layout behind these names and shapes; raises WeightsError naming what the file is instead."""
    hotshot = any(_HOTSHOT.search(key) for key in shapes)
    shapes = {plain(key): shape for key, shape in shapes.items()}
    _refuse_others(shapes, where)
    modules = [match for match in map(_PLACE.match, shapes) if match]
    blocks = 1 + max(int(match[2]) for match in modules if match[1] == "down")
    return MotionLayout(
        channels=tuple(_channels(shapes, block) for block in range(blocks)),
        layers=tuple(_layers(modules, str(block)) for block in range(blocks)),
        transformers=_count(_BLOCK.search(key) for key in shapes),
        mid_block=any(match[1] is None for match in modules),
        table=_table(shapes),
        original=any(".temporal_transformer." in key for key in shapes),
        hotshot=hotshot,
    )


def plain(key: str) -> str:
    """A tensor's name as the AnimateDiff authors or diffusers write it.

    Hotshot-XL's temporal layers are AnimateDiff's under other names: group norm, linear in, two
    self-attentions over the frames that add the same sinusoids to what they read, feed-forward, linear out
    (hotshot_xl/models/transformer_temporal.py; AnimateDiff-Evolved maps them so too). A whole UNet's
    tensors, as AnimateDiff's train.py saves them, have the same names as a module's.
    """
    key = _HOTSHOT.sub(r".motion_modules.\1.temporal_transformer.", key)
    return key.replace(".pos_encoder.positional_encoding", ".pos_encoder.pe")


def base_problem(name: str, base: str, layout: MotionLayout) -> str | None:
    """The sentence for a module of another base than its entry says; None when they agree.

    base: sd15, sdxl or embedded, as the entry says. Small UNets may have any number of levels.
    """
    wrong = layout.published if base == "embedded" else layout.base not in (None, base)
    if not wrong:
        return None
    spoken = {"sd15": "Stable Diffusion 1.5", "sdxl": "SDXL"}.get(layout.base or "", "another model")
    spoken += " (Hotshot-XL)" if layout.hotshot else ""
    return (
        f"motion={name} says base={base} and its {len(layout.channels)} levels are of {spoken}; set "
        f"motion.base={layout.base} with a checkpoint of that base, or choose another module"
    )


def _refuse_others(shapes: Shapes, where: str) -> None:
    for sign, what in _NOT_A_MODULE.items():
        if any(sign in key for key in shapes):
            raise WeightsError(f"{where} is {what}")
    if shapes.get("conv_in.weight", (0, 0))[1] == 9:
        raise WeightsError(
            f"{where} is a PIA module, which needs a picture to start from; choose another module"
        )
    if not any(match and match[1] == "down" for match in map(_PLACE.match, shapes)):
        raise WeightsError(
            f"{where} has no motion module in it (no down_blocks.*.motion_modules.* keys); check the file"
        )


def _channels(shapes: Shapes, block: int) -> int:
    stem = f"down_blocks.{block}.motion_modules.0."
    return next(
        (shape[0] for key, shape in shapes.items() if key.startswith(stem) and key.endswith("proj_out.bias")),
        0,
    )


def _layers(modules: Iterable[re.Match[str]], block: str) -> int:
    return 1 + max(int(match[3]) for match in modules if match[1] == "down" and match[2] == block)


def _count(found: Iterable[re.Match[str] | None]) -> int:
    return 1 + max((int(match[1]) for match in found if match), default=0)


def _table(shapes: Shapes) -> int | None:
    tables = {shape[1] for key, shape in shapes.items() if key.endswith((".pos_encoder.pe", ".pos_embed.pe"))}
    return min(tables) if tables else None
