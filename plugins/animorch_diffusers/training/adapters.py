"""Adapters: the modes that make a LoRA, of the motion module's attention or of the pictures'."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from animorch import Preset, Report
from animorch_diffusers.training.tune import Tune, TuneMotion

if TYPE_CHECKING:
    from animorch_diffusers.training.stage import Stage


class Adapter(Tune):
    """The size of a LoRA."""

    rank: int = Field(16, ge=1, description="Width of the LoRA.")
    alpha: float = Field(16, gt=0, description="The LoRA is added times alpha / rank.")


class MotionLora(Adapter, TuneMotion):
    """A LoRA on the attention of the motion module: a camera move, a way of moving."""

    name: ClassVar[str] = "motion_lora"

    def stage(self, folder: Path, name: str, report: Report, device: Any) -> Stage:
        from animorch_diffusers.training.lora import MotionLoraStage

        return MotionLoraStage(self, folder, name, report, device)

    def presets(self, result: Path, name: str) -> list[Preset]:
        path = result / f"{name}.safetensors"
        usage = f"animorch motion={self.motion.name} 'motion_loras=[{path}:1.0]'"
        return [Preset(group="none", usage=usage)]


class StyleLora(Adapter):
    """A LoRA on the UNet's own attention, from single frames: a look. It needs no motion module."""

    name: ClassVar[str] = "style_lora"

    frames_of: Literal["one", "clip"] = Field(
        "one", description="A sample is one frame of a clip, drawn by chance, or every frame of it."
    )

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        if self.checkpoint.base == "sdxl":
            yield (
                f"checkpoint={self.checkpoint.name} is of the family sdxl, which cannot be trained yet; "
                "choose an sd15 checkpoint"
            )

    def stage(self, folder: Path, name: str, report: Report, device: Any) -> Stage:
        from animorch_diffusers.training.lora import StyleLoraStage

        return StyleLoraStage(self, folder, name, report, device)

    def presets(self, result: Path, name: str) -> list[Preset]:
        path = result / f"{name}.safetensors"
        where = (
            "" if self.checkpoint.base == "embedded" else f" motion=v15_v2 checkpoint={self.checkpoint.name}"
        )
        return [Preset(group="none", usage=f"animorch{where} 'loras=[{path}:1.0]'")]
