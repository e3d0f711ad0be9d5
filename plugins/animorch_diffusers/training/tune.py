"""Tune: what the modes that teach existing weights share, and the mode motion (LoRAs: adapters.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from animorch import Checkpoint, MotionModule, Preset, Report, Trainer
from animorch_diffusers.sources import source_problems
from animorch_diffusers.training.recipe import Optimiser, Validation
from animorch_diffusers.training.refusals import module_problems, validation_problems
from animorch_diffusers.training.run import Run

if TYPE_CHECKING:
    from animorch_diffusers.training.stage import Stage


BETAS = ("beta_schedule", "beta_start", "beta_end")


class Tune(Run):
    """Checkpoint to train on. Text encoder and VAE stay as they are, and most of the UNet."""

    changeable: ClassVar[tuple[str, ...]] = (*Trainer.changeable, "offline", "cache_latents")

    checkpoint: Checkpoint = Field(description="Stable Diffusion weights to train on.")
    offline: bool = Field(False, description="Use local files and the hub cache only.")
    optimiser: Optimiser = Field(
        Optimiser(learning_rate=1e-4, warmup=0, schedule="constant", betas=(0.9, 0.999)),
        description="AdamW, its learning rate and the rate's course.",
    )
    prediction: Literal["epsilon", "v_prediction"] | None = Field(
        None, description="What the UNet is asked for; null is the checkpoint's own."
    )
    beta_schedule: Literal["linear", "scaled_linear", "squaredcos_cap_v2"] | None = Field(
        None, description="diffusers' naming; null is that of the weights that learn, so of their sampling."
    )
    beta_start: float | None = Field(None, gt=0, description="null as for beta_schedule.")
    beta_end: float | None = Field(None, gt=0, description="null as for beta_schedule.")
    min_snr: float | None = Field(
        None, gt=0, description="Gamma of min-SNR weighting; null weighs all alike, as AnimateDiff does."
    )
    text_dropout: float = Field(0.1, ge=0, le=1, description="Share of captions replaced by the empty one.")
    gradient_checkpointing: bool = Field(
        False, description="Compute twice what would else be kept in memory."
    )
    cache_latents: bool | None = Field(
        None,
        description="Encode clips once and keep them; null does unless data.start=random or data.flip=true, "
        "where each epoch would then see the same parts.",
    )

    def problems(self) -> Iterator[str]:
        yield from source_problems(self.checkpoint, "checkpoint", self.offline)
        for side in ("width", "height"):
            size = getattr(self.data, side)
            if self.data.folder is not None and size is not None and size % 8:
                yield f"data.{side}={size} is not a multiple of 8, which the VAE needs; use {size // 8 * 8}"

    def betas(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """The noise schedule that is trained on. own: that of the weights that learn."""
        told = {key: getattr(self, key) for key in BETAS}
        return {key: own[key] if value is None else value for key, value in told.items()}


class TuneMotion(Tune):
    """Motion module to begin with. The UNet stays as it is."""

    motion: MotionModule = Field(description="Motion module to begin with.")
    validation: Validation = Field(Validation(), description="Clips rendered while training goes on.")

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from source_problems(self.motion, "motion", self.offline)
        yield from module_problems(self.motion, self, self.multiplier)
        table = self.motion.table
        yield from validation_problems(self.validation, None if table is None else table * self.multiplier)
        if self.motion.base != self.checkpoint.base:
            yield (
                f"motion={self.motion.name} animates {self.motion.base} checkpoints and "
                f"checkpoint={self.checkpoint.name} is {self.checkpoint.base}; choose two of one family"
            )

    @property
    def multiplier(self) -> int:
        """How often each row of the position table is repeated."""
        return 1

    @property
    def scheduled(self) -> MotionModule:
        """The motion module with the betas that are trained on."""
        return self.motion.model_copy(update=self.betas(self.motion.model_dump()))

    def told(self) -> str:
        """What was trained from what, for a preset's notes."""
        clips = self.data.folder or self.data.source
        return (
            f"Made by animorch train mode={self.name} from motion={self.motion.name} on "
            f"checkpoint={self.checkpoint.name}: {self.steps} steps of {self.batch * self.accumulate} clips "
            f"of {clips}."
        )


class Motion(TuneMotion):
    """The whole motion module, or those of its layers that `modules` names."""

    name: ClassVar[str] = "motion"

    optimiser: Optimiser = Field(
        Optimiser(learning_rate=1e-5, warmup=0, schedule="constant", betas=(0.9, 0.999)),
        description="AdamW, its learning rate and the rate's course.",
    )
    whole_module: bool = Field(True, description="Train every layer of the motion module.")
    modules: tuple[str, ...] = Field(
        ("to_q",), description="With whole_module=false: train layers of the motion module that end so."
    )
    position_multiplier: int = Field(
        1, ge=1, description="Repeat each row of the position table, for clips as many times longer."
    )

    @property
    def multiplier(self) -> int:
        return self.position_multiplier

    def stage(self, folder: Path, name: str, report: Report, device: Any) -> Stage:
        from animorch_diffusers.training.module import ModuleStage

        return ModuleStage(self, folder, name, report, device)

    def presets(self, result: Path, name: str) -> list[Preset]:
        path = result / f"{name}.safetensors"
        table = self.motion.table
        changes: dict[str, Any] = {
            "path": str(path),
            "bytes": path.stat().st_size,
            "table": None if table is None else table * self.multiplier,
            "notes": self.told(),
        } | dict.fromkeys(("repo", "file", "revision"))
        if self.multiplier > 1 and self.data.folder is not None:
            changes["trained_frames"] = self.data.frames
        made = self.scheduled.model_copy(update=changes | {"sha256": ()})
        values = made.model_dump(mode="json", exclude={"name"})
        return [Preset(group="motion", values=values, usage=f"animorch -m motion={self.motion.name},{name}")]
