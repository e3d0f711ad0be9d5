"""Lora: the stage of mode=motion_lora. A low-rank addition to the motion module's attention learns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from safetensors.torch import save_file

from animorch import Report
from animorch_diffusers.training import original
from animorch_diffusers.training.export import placed, placed_file
from animorch_diffusers.training.stage import Values
from animorch_diffusers.training.tune import MotionLora
from animorch_diffusers.training.tuned import TunedStage

Tensor = Any
_NAME = "learning"  # of the adapter in peft
_LAYERS = r".*motion_modules\..*\.(to_q|to_k|to_v|to_out\.0)"
DIFFUSERS = "diffusers"  # in the result folder


class LoraStage(TunedStage):
    """Results: one file in the authors' key form, and diffusers/ with the same in diffusers' names."""

    def __init__(self, run: MotionLora, folder: Path, name: str, report: Report, device: Any) -> None:
        super().__init__(run, folder, name, report, device)
        self.strength = run.alpha / run.rank
        torch.manual_seed(run.seed)
        told = LoraConfig(
            r=run.rank, lora_alpha=run.alpha, target_modules=_LAYERS, init_lora_weights="gaussian"
        )
        self.unet.add_adapter(told, adapter_name=_NAME)

    def learning(self) -> dict[str, torch.nn.Parameter]:
        return {name: value for name, value in self.unet.named_parameters() if f".{_NAME}." in name}

    def export(self, result: Path, values: Values) -> None:
        pairs = _pairs({name: value.cpu() for name, value in values.items()})
        with placed_file(result / f"{self.name}.safetensors") as path:
            save_file(original.lora(pairs, self.strength), path, metadata={"format": "pt"})
        with placed(result / DIFFUSERS) as folder:
            file = folder / "pytorch_lora_weights.safetensors"
            save_file(_named(pairs, self.strength), file, metadata={"format": "pt"})


def _pairs(values: dict[str, Tensor]) -> dict[str, tuple[Tensor, Tensor]]:
    """Down and up by the layer that they are added to."""
    down, up = f".lora_A.{_NAME}.weight", f".lora_B.{_NAME}.weight"
    layers = [name.removesuffix(down) for name in values if name.endswith(down)]
    return {layer: (values[layer + down], values[layer + up]) for layer in layers}


def _named(pairs: dict[str, tuple[Tensor, Tensor]], strength: float) -> dict[str, Tensor]:
    """By diffusers' names, strength in up, as a LoRA without alpha."""
    named: dict[str, Tensor] = {}
    for layer, (down, up) in pairs.items():
        named[f"unet.{layer}.lora_A.weight"] = down.contiguous()
        named[f"unet.{layer}.lora_B.weight"] = (up * strength).contiguous()
    return named
