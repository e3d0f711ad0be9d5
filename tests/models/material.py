"""Weight files of a few bytes with the key layouts of real ones, and presets that name them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

Shapes = Mapping[str, tuple[int, ...]]
_ATTENTION = "temporal_transformer.transformer_blocks.0.attention_blocks.0"


def safetensors(path: Path, shapes: Shapes) -> Path:
    """A whole file whose tensors are zeros of one byte each element."""
    header, end = {}, 0
    for name, shape in shapes.items():
        count = 1
        for side in shape:
            count *= side
        header[name] = {"dtype": "U8", "shape": list(shape), "data_offsets": [end, end + count]}
        end += count
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(end))
    return path


def motion(blocks: int = 4, table: int | None = 24, *, mid: bool = False, prefix: str = "") -> Shapes:
    """A motion module in its authors' names, shrunk to few channels."""
    places = [f"down_blocks.{block}.motion_modules.0" for block in range(blocks)]
    places += ["mid_block.motion_modules.0"] if mid else []
    shapes: dict[str, tuple[int, ...]] = {}
    for place in places:
        shapes[f"{prefix}{place}.temporal_transformer.norm.weight"] = (320,)
        shapes[f"{prefix}{place}.{_ATTENTION}.to_q.weight"] = (4, 4)
        if table:
            shapes[f"{prefix}{place}.{_ATTENTION}.pos_encoder.pe"] = (1, table, 4)
    return shapes


def hotshot() -> Shapes:
    stem = "down_blocks.0.temporal_attentions.0"
    return {f"{stem}.norm.weight": (320,), f"{stem}.pos_encoder.positional_encoding": (1, 24, 4)}


def checkpoint(*, xl: bool = False) -> Shapes:
    text = "conditioner.embedders.1.model.ln" if xl else "cond_stage_model.transformer.text_model.ln"
    return {"model.diffusion_model.input_blocks.0.0.weight": (4, 4, 3, 3), f"{text}.weight": (4,)}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def preset(name: str, content: bytes, *, file: str = "tiny.ckpt", hashes: str | None = None) -> str:
    """A conf/motion file for a published upload of these bytes."""
    known = sha256(content) if hashes is None else hashes
    return (
        f"# `animorch motion={name}`\ndefaults: [{{override /checkpoint@_global_.checkpoint: sd15}}]\n"
        f"name: {name}\nbase: sd15\nfamily: v2\ntable: 32\ntrained_frames: 16\nrepo: owner/{name}\n"
        f"file: {file}\nsha256: [{known}]\nbytes: {len(content)}\nlicence: test\n"
        "recommends: {steps: 3, cfg: 1.5}\n"
    )
