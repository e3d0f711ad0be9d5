"""Control layout: what a control file is, told from the names and shapes of its tensors alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from animorch import WeightsError
from animorch_diffusers.tensors import Shapes

Kind = Literal["controlnet", "rgb", "scribble", "ip_adapter"]
NAMES: dict[Kind, str] = {
    "controlnet": "a ControlNet",
    "rgb": "a SparseCtrl model for RGB keyframes",
    "scribble": "a SparseCtrl model for scribbles",
    "ip_adapter": "an IP-Adapter",
}
_OTHERS = (  # the first sign that is in a name decides
    ("model.diffusion_model.", "a whole checkpoint"),
    ("lora", "a LoRA"),
    (".motion_modules.", "a motion module"),
    ("temporal_attentions", "a Hotshot-XL module"),
    ("quant_conv", "a VAE"),
)
_WIDTHS = {768: "sd15", 1024: "Stable Diffusion 2", 2048: "sdxl"}  # of the text that a base reads
_WRAPPERS = ("module.", "controlnet.", "control_model.")


@dataclass(frozen=True)
class Control:
    """A control file: its kind, the width of the text it attends to, the length of its position table."""

    kind: Kind
    width: int | None
    table: int | None


def plain(name: str) -> str:
    """A tensor's name without what trainers wrap around it."""
    for wrapper in _WRAPPERS:
        name = name.removeprefix(wrapper)
    return name


def control_of(shapes: Shapes, where: str) -> Control:
    """What lies behind these names and shapes; raises WeightsError saying what it is instead."""
    named = {plain(key): shape for key, shape in shapes.items()}
    kind = _kind(named)
    if kind is None:
        what = next((what for sign, what in _OTHERS if any(sign in key for key in named)), "something else")
        raise WeightsError(f"{where} is {what}, none that steers by pictures; check the file")
    tables = [shape[1] for key, shape in named.items() if key.endswith((".pos_encoder.pe", ".pos_embed.pe"))]
    return Control(kind, _width(named), min(tables, default=None))


def base_of(width: int | None) -> str | None:
    """The base whose text has this width; None where it is nobody's in particular."""
    return _WIDTHS.get(width or 0)


def _kind(named: Shapes) -> Kind | None:
    if any(".to_k_ip.weight" in key for key in named):
        return "ip_adapter"
    if any(".motion_modules." in key for key in named):
        if "controlnet_cond_embedding.weight" in named:
            return "rgb"
        return "scribble" if "controlnet_cond_embedding.conv_in.weight" in named else None
    hints = ("controlnet_cond_embedding.conv_in.weight", "input_hint_block.0.weight")
    return "controlnet" if any(hint in named for hint in hints) else None


def _width(named: Shapes) -> int | None:
    spatial = re.compile(r"\.attn2\.to_k\.weight$|\.to_k_ip\.weight$")
    widths = (
        shape[1] for key, shape in named.items() if spatial.search(key) and ".motion_modules." not in key
    )
    return next(widths, None)
