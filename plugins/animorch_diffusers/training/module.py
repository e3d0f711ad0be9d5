"""Module: the stage of mode=motion. The motion module learns, everything around it is frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import MotionAdapter

from animorch import Report, UsageError
from animorch_diffusers.layout import HEADS
from animorch_diffusers.training import original
from animorch_diffusers.training.export import placed
from animorch_diffusers.training.stage import Values
from animorch_diffusers.training.tune import Motion
from animorch_diffusers.training.tuned import MotionStage

ADAPTER = "adapter"  # in the result folder


class ModuleStage(MotionStage):
    """Results: adapter/ for diffusers, and one file in the authors' layout for ComfyUI and A1111."""

    def __init__(self, run: Motion, folder: Path, name: str, report: Report, device: Any) -> None:
        super().__init__(run, folder, name, report, device)
        self.endings = None if run.whole_module else run.modules

    def learning(self) -> dict[str, torch.nn.Parameter]:
        chosen = {
            name: value
            for name, value in self.unet.named_parameters()
            if "motion_modules." in name and self._chosen(name)
        }
        if not chosen:
            raise UsageError(
                f"modules={list(self.endings or ())} names no layer of motion={self.run.motion.name}; give "
                "ends of layer names, such as to_q, to_k, to_v, to_out.0, ff.net.2"
            )
        for value in chosen.values():
            value.requires_grad_(True)
        return chosen

    def _chosen(self, name: str) -> bool:
        """Whether any layer that holds the parameter ends as asked (Evo-Tuner's rule)."""
        if self.endings is None:
            return True
        parts = name.split(".")
        inside = range(parts.index("motion_modules") + 1, len(parts))
        return any(".".join(parts[:end]).endswith(self.endings) for end in inside)

    def export(self, result: Path, values: Values) -> None:
        tensors = self.unet.state_dict() | values
        tensors = {name: value.cpu() for name, value in tensors.items() if "motion_modules." in name}
        adapter = MotionAdapter.from_config(self.config)
        adapter.load_state_dict(tensors)
        with placed(result / ADAPTER) as folder:
            adapter.save_pretrained(folder)
        original.write_module(tensors, self.config[HEADS], result / f"{self.name}.safetensors")
