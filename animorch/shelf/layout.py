"""Layout: what kind of weights a file holds, told from the names and shapes of its tensors alone.

The rules for motion modules, in their order, are those by which AnimateDiff-Evolved and A1111's extension
tell them; checkpoints are told by their text encoder and the width of their text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from animorch.errors import WeightsError
from animorch.shelf.header import Shapes, shapes_in

_BLOCK = re.compile(r"down_blocks\.(\d+)\..*(?:motion_modules|temporal_attentions)\.")
_TABLES = (".pos_encoder.pe", ".pos_embed.pe", "pos_encoder.positional_encoding")
_WORDS = {
    "checkpoint": "a checkpoint",
    "motion": "a motion module",
    "motion_lora": "a motion LoRA",
    "lora": "a LoRA",
    "vae": "a VAE",
    "embedding": "a textual inversion",
    "controlnet": "a ControlNet",
    "sparse_control": "a SparseCtrl model",
    "ip_adapter": "an IP-Adapter",
}


@dataclass(frozen=True)
class Layout:
    """What a file is, as far as its tensors' names and shapes tell; null is what they do not."""

    kind: str | None = None
    base: str | None = None
    family: str | None = None
    table: int | None = None
    note: str = ""

    def sentence(self) -> str:
        """For a person: `a v2 motion module for sd15, 32 positions`."""
        words = _WORDS.get(self.kind or "", "none of the kinds that animorch knows")
        if self.family and self.family != "unknown":
            words = words.replace("a motion", f"a {self.family} motion")
        words += f" for {self.base}" if self.base else ""
        words += f", {self.table} positions" if self.table else ""
        return words + (f" ({self.note})" if self.note else "")


def layout_of(path: Path) -> Layout:
    """What the file is; raises WeightsError when it cannot be read. Remembered until the file changes."""
    try:
        stat = path.stat()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    return _layout(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=4096)
def _layout(path: Path, _size: int, _written: int) -> Layout:
    return told_by(shapes_in(path))


def told_by(shapes: Shapes) -> Layout:
    """The layout behind these names and shapes; of no kind when they tell none."""
    names = "\n".join(shapes)
    if "controlnet_cond_embedding" in names and "motion_modules" in names:
        return Layout("sparse_control", "sd15", "v3", _table(shapes))
    if re.search(r"lora[._](?:up|down|[AB])\b|_lora\.(?:up|down)\b|hada_w1|lokr_w1", names):
        return _lora(shapes, names)
    if "motion_modules." in names or "temporal_attentions." in names:
        return _motion(shapes, names)
    return _still(shapes, names)


def _motion(shapes: Shapes, names: str) -> Layout:
    table = _table(shapes)
    if "temporal_attentions" in names or "pos_encoder.positional_encoding" in names:
        return Layout("motion", "sdxl", "hotshot", table)
    blocks = 1 + max((int(match[1]) for match in _BLOCK.finditer(names)), default=3)
    if blocks < 4 and not _wide(shapes):
        return Layout("motion", None, "unknown", table, "of a small model")
    if blocks == 3:
        return Layout("motion", "sdxl", "sdxl", table)
    if "image_encoder" in names:
        return Layout("motion", "sd15", "v2", table, "AnimateLCM-I2V, which starts from a picture")
    if shapes.get("conv_in.weight", (0, 0))[1:2] == (9,):
        return Layout("motion", "sd15", "v1", table, "PIA, which starts from a picture")
    if "mid_block." in names:
        note = {None: "AnimateLCM's layout", 64: "LongAnimateDiff", 128: "LongAnimateDiff"}.get(table, "")
        return Layout("motion", "sd15", "v2", table, note)
    family = {24: "v1", 32: "v3"}.get(table or 0, "unknown")
    return Layout("motion", "sd15", family, table)


def _wide(shapes: Shapes) -> bool:
    """Whether the channels are those of Stable Diffusion, whose blocks start at 320."""
    widths = [
        shape[0] for name, shape in shapes.items() if name.startswith("down_blocks.0.") and len(shape) == 1
    ]
    return not widths or 320 in widths


def _table(shapes: Shapes) -> int | None:
    tables = {shape[-2] for name, shape in shapes.items() if name.endswith(_TABLES) and len(shape) > 1}
    return min(tables) if tables else None


def _lora(shapes: Shapes, names: str) -> Layout:
    if "motion_modules" in names or "temporal_transformer" in names:
        return Layout("motion_lora", "sd15", "v2" if "mid_block" in names else None)
    text = {
        shape[-1] for name, shape in shapes.items() if "attn2" in name and "to_k" in name and len(shape) > 1
    }
    base = "sdxl" if 2048 in text or "lora_te2_" in names else "sd15" if 768 in text else None
    return Layout("lora", base)


def _still(shapes: Shapes, names: str) -> Layout:
    if "model.diffusion_model." in names:
        base = "sdxl" if "conditioner.embedders.1." in names else "sd15"
        if "cond_stage_model.model." in names:
            return Layout("checkpoint", None, note="Stable Diffusion 2, which no motion module is for")
        inpaint = shapes.get("model.diffusion_model.input_blocks.0.0.weight", (0, 4))[1] == 9
        return Layout("checkpoint", base, note="an inpainting one" if inpaint else "")
    if "zero_convs." in names or "controlnet_down_blocks." in names or "controlnet_cond_embedding" in names:
        return Layout("controlnet")
    if "image_proj." in names and "ip_adapter." in names:
        return Layout("ip_adapter")
    if "encoder.conv_in.weight" in names and "decoder.conv_in.weight" in names:
        return Layout("vae")
    if {"clip_l", "clip_g"} <= shapes.keys():
        return Layout("embedding", "sdxl")
    if "emb_params" in shapes or "string_to_param" in names or _is_one_embedding(shapes):
        return Layout("embedding", "sd15")
    return Layout()


def _is_one_embedding(shapes: Shapes) -> bool:
    return len(shapes) == 1 and next(iter(shapes.values()))[-1:] == (768,)
