"""Lora: the stages of mode=motion_lora and style_lora. A low-rank addition to attention layers learns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig
from safetensors.torch import save_file

from animorch_diffusers.checkpoint import Base
from animorch_diffusers.training import original
from animorch_diffusers.training.adapters import Adapter, MotionLora, StyleLora
from animorch_diffusers.training.batch import Batch, sample_seed
from animorch_diffusers.training.export import placed, placed_file
from animorch_diffusers.training.stage import Values
from animorch_diffusers.training.tuned import MotionStage, TunedStage

Tensor = Any
Pairs = dict[str, tuple[Any, Any]]  # down (rank, in) and up (out, rank) by the layer that they are added to
_NAME = "learning"  # of the adapter in peft
_PARTS = r"(to_q|to_k|to_v|to_out\.0)"
_MOTION = rf".*motion_modules\..*\.{_PARTS}"
_PICTURE = rf".*attentions\..*\.attn[12]\.{_PARTS}"
DIFFUSERS = "diffusers"  # in the result folder


class MotionLoraStage(MotionStage):
    """Results: one file in the authors' key form, and diffusers/ with the same in diffusers' names."""

    run: MotionLora

    def begun(self, base: Base, device: Any) -> Any:
        return _with_lora(super().begun(base, device), self.run, _MOTION)

    def learning(self) -> dict[str, torch.nn.Parameter]:
        return _learning(self.unet)

    def export(self, result: Path, values: Values) -> None:
        pairs, strength = _pairs(values), self.run.alpha / self.run.rank
        with placed_file(result / f"{self.name}.safetensors") as path:
            save_file(original.lora(pairs, strength), path, metadata={"format": "pt"})
        with placed(result / DIFFUSERS) as folder:
            file = folder / "pytorch_lora_weights.safetensors"
            save_file(_named(pairs, strength), file, metadata={"format": "pt"})


class StyleLoraStage(TunedStage):
    """Result: one file in kohya's key form, which ComfyUI, A1111 and diffusers read."""

    run: StyleLora

    def begun(self, base: Base, device: Any) -> Any:
        return _with_lora(base.unet, self.run, _PICTURE)

    def learning(self) -> dict[str, torch.nn.Parameter]:
        return _learning(self.unet)

    def own_betas(self) -> dict[str, Any]:
        return self.sampling

    def answer(self, seen: Tensor, timesteps: Tensor, text: Tensor) -> Tensor:
        count, _, length = seen.shape[:3]
        pictures = seen.transpose(1, 2).flatten(0, 1)
        answer = self.unet(pictures, timesteps.repeat_interleave(length), encoder_hidden_states=text).sample
        return answer.unflatten(0, (count, length)).transpose(1, 2)

    def clean(self, batch: Batch) -> tuple[Tensor, list[str]]:
        """With frames_of=one, a frame of each clip, by the seed and the place in the run: (B, C, 1, h, w)."""
        values, captions = super().clean(batch)
        if self.run.frames_of == "clip":
            return values, captions
        seeds = (sample_seed(self.run.seed, int(place)) for place in batch.places)
        frames = [int(np.random.default_rng(seed).integers(values.shape[2])) for seed in seeds]
        return values[range(len(frames)), :, frames].unsqueeze(2), captions

    def export(self, result: Path, values: Values) -> None:
        with placed_file(result / f"{self.name}.safetensors") as path:
            save_file(_kohya(_pairs(values), self.run.alpha), path, metadata={"format": "pt"})


def _with_lora(unet: Any, run: Adapter, layers: str) -> Any:
    """The UNet with a new LoRA, that changes nothing yet, on the layers that the pattern names."""
    torch.manual_seed(run.seed)
    told = LoraConfig(r=run.rank, lora_alpha=run.alpha, target_modules=layers, init_lora_weights="gaussian")
    unet.add_adapter(told, adapter_name=_NAME)
    return unet


def _learning(unet: Any) -> dict[str, torch.nn.Parameter]:
    return {name: value for name, value in unet.named_parameters() if f".{_NAME}." in name}


def _pairs(values: Values) -> Pairs:
    """On the CPU."""
    down, up = f".lora_A.{_NAME}.weight", f".lora_B.{_NAME}.weight"
    layers = [name.removesuffix(down) for name in values if name.endswith(down)]
    return {layer: (values[layer + down].cpu(), values[layer + up].cpu()) for layer in layers}


def _named(pairs: Pairs, strength: float) -> dict[str, Tensor]:
    """By diffusers' names, strength in up, as a LoRA without alpha."""
    named: dict[str, Tensor] = {}
    for layer, (down, up) in pairs.items():
        named[f"unet.{layer}.lora_A.weight"] = down.contiguous()
        named[f"unet.{layer}.lora_B.weight"] = (up * strength).contiguous()
    return named


def _kohya(pairs: Pairs, alpha: float) -> dict[str, Tensor]:
    """By the names of kohya-ss/sd-scripts, whose readers add up x down x alpha / rank."""
    named: dict[str, Tensor] = {}
    for layer, (down, up) in pairs.items():
        stem = f"lora_unet_{layer.replace('.', '_')}"
        named[f"{stem}.lora_down.weight"] = down.contiguous()
        named[f"{stem}.lora_up.weight"] = up.contiguous()
        named[f"{stem}.alpha"] = torch.tensor(float(alpha))
    return named
