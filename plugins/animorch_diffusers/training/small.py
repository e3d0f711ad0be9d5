"""Small: the modes that make a small model of one's own: base_vae, then base_image, then base_motion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from animorch import MotionModule, Preset, Report
from animorch_diffusers.training.recipe import Validation
from animorch_diffusers.training.refusals import folder_problems, validation_problems
from animorch_diffusers.training.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from animorch_diffusers.training.stage import Stage


class BaseVae(Run):
    """The picture's encoder and decoder, from single frames."""

    name: ClassVar[str] = "base_vae"

    batch: int = Field(16, ge=1, description="Frames at once in each process.")
    clips: int = Field(1500, ge=1, description="Clips drawn into memory, whose single frames are the data.")
    vae: dict[str, Any] = Field({}, description="AutoencoderKL's config; of `start` where given.")
    start: Path | None = Field(None, description="Folder of a finished VAE to go on from.")
    decoder_only: bool = Field(False, description="Leave the encoder, and so every latent, as it is.")
    latent_noise: float = Field(
        0.0, ge=0, description="Noise on what the decoder sees, in scaled latents, as a sampler leaves some."
    )
    crop: int | None = Field(None, ge=8, description="Side of random crops, cheaper and fuller; null: all.")
    recolour: float = Field(0.0, ge=0, le=1, description="Share of pictures with exchanged channels.")
    kl: float = Field(1e-5, ge=0, description="Weight of the divergence from the standard normal.")
    edges: float = Field(0.5, ge=0, description="Weight of the L1 loss of neighbouring pixels' differences.")

    def problems(self) -> Iterator[str]:
        yield from folder_problems("start", self.start, ("config.json",))
        if self.precision == "fp16":
            yield "precision=fp16 is too coarse for a VAE's loss; set precision=bf16 or fp32"

    def stage(self, folder: Path, name: str, report: Report, device: Any) -> Stage:
        from animorch_diffusers.training.vae import VaeStage

        return VaeStage(self)

    def presets(self, result: Path, name: str) -> list[Preset]:
        return [Preset(group="none", usage=f"animorch train mode=base_image vae={result / 'vae'} …")]


class BaseText(Run):
    """The text encoder of a small model, from captions alone: words are kept apart (training/text.py)."""

    name: ClassVar[str] = "base_text"

    batch: int = Field(128, ge=1, description="Captions at once in each process.")
    clips: int = Field(5000, ge=1, description="Clips whose captions are the data.")
    text: dict[str, Any] = Field(description="CLIPTextConfig's fields.")

    def stage(self, folder: Path, name: str, report: Report, device: Any) -> Stage:
        from animorch_diffusers.training.text import TextStage

        return TextStage(self, folder, device)

    def presets(self, result: Path, name: str) -> list[Preset]:
        return [Preset(group="none", usage=f"animorch train mode=base_image text_from={result / 'text'} …")]


class BaseParts(Run):
    """What base_image and base_motion share."""

    batch: int = Field(16, ge=1, description="Frames (base_image) or clips at once in each process.")
    vae: Path = Field(description="Folder of the finished VAE.")
    start: Path | None = Field(None, description="Folder of finished parts (model/, motion/) to go on from.")
    text_from: Path | None = Field(
        None, description="Folder of a finished base_text, whose encoder and tokenizer are taken."
    )
    clips: int = Field(6000, ge=1, description="Clips whose latents are kept in memory.")
    unet: dict[str, Any] = Field({}, description="UNet2DConditionModel's config; of `start` where given.")
    text: dict[str, Any] = Field({}, description="CLIPTextConfig's fields; of `start` where given.")
    trains: tuple[Literal["text", "unet", "adapter"], ...] = Field(
        ("text", "unet", "adapter"), description="The parts that learn; the others are frozen."
    )
    prediction: Literal["epsilon", "v_prediction"] = Field(
        "v_prediction", description="What the UNet is asked for."
    )
    beta_schedule: Literal["linear", "scaled_linear"] = Field("linear", description="diffusers' naming.")
    beta_start: float = Field(0.00085, gt=0, description="Noise of the first step.")
    beta_end: float = Field(0.012, gt=0, description="Noise of the last step.")
    zero_snr: bool = Field(
        False, description="Rescale the betas so that the last step is pure noise, as a sampler's start is."
    )
    shift: float = Field(1.0, gt=0, description="Timestep shift; above 1 more samples are noisy.")
    gradient_checkpointing: bool = Field(
        False, description="Compute twice what would else be kept in memory."
    )
    min_snr: float | None = Field(5.0, gt=0, description="Gamma of min-SNR weighting; null weighs all alike.")
    text_dropout: float = Field(0.1, ge=0, le=1, description="Share of captions replaced by the empty one.")

    def problems(self) -> Iterator[str]:
        yield from folder_problems("vae", self.vae, ("config.json",))
        yield from folder_problems("start", self.start, ("model",))
        yield from folder_problems("text_from", self.text_from, ("text_encoder", "tokenizer"))
        if self.start is None and not (self.unet and (self.text or self.text_from)):
            yield f"mode={self.name} needs unet and text (their configs), or a start; text_from may give text"
        if self.zero_snr and self.prediction == "epsilon":
            yield "zero_snr=true cannot be learned by prediction=epsilon; set prediction=v_prediction"
        if self.data.varies:
            yield "data.start=random and data.flip=true are for motion and motion_lora; take them out"

    def stage(self, folder: Path, name: str, report: Report, device: Any) -> Stage:
        from animorch_diffusers.training.base import BaseStage

        return BaseStage(self, folder, device)

    def presets(self, result: Path, name: str) -> list[Preset]:
        values = {
            "base": "embedded",
            "path": str(result / "model"),
            "notes": f"Made by animorch train mode={self.name}.",
        }
        return [Preset(group="checkpoint", values=values, usage=f"animorch checkpoint={name}")]


class BaseImage(BaseParts):
    """Text encoder and UNet of a small model, from single frames."""

    name: ClassVar[str] = "base_image"


class BaseMotion(BaseParts):
    """The small model's motion module, and what else `trains` names, from clips."""

    name: ClassVar[str] = "base_motion"

    adapter: dict[str, Any] = Field({}, description="MotionAdapter's config; of `start` where it has one.")
    stills: int = Field(
        0,
        ge=0,
        description="Single frames beside each batch of clips, through the UNet without its motion module: "
        "many more captions a step, at little cost.",
    )
    validation: Validation = Field(Validation(), description="Clips rendered while training goes on.")

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        if not self.adapter and not (self.start and (self.start.expanduser() / "motion").is_dir()):
            yield "mode=base_motion needs a motion module: give adapter (its config), or a start with motion/"
        yield from validation_problems(self.validation, self.adapter.get("motion_max_seq_length"))

    def module(self, length: int | None = None, trained: int = 16, path: Path | None = None) -> MotionModule:
        """The motion module that is made, as a config choice. length: of its position table."""
        return MotionModule(
            name=self.name,
            base="embedded",
            path=None if path is None else str(path),
            table=length,
            trained_frames=trained,
            beta_schedule=self.beta_schedule,
            beta_start=self.beta_start,
            beta_end=self.beta_end,
            notes=f"Made by animorch train mode={self.name}.",
        )

    def presets(self, result: Path, name: str) -> list[Preset]:
        table = json.loads((result / "motion" / "config.json").read_text())["motion_max_seq_length"]
        values = self.module(table, path=result / "motion").model_dump(mode="json", exclude={"name"})
        values["recommends"] |= dict.fromkeys(("width", "height"), _side(result / "model"))
        usage = f"animorch checkpoint={name} motion={name}"
        return [*super().presets(result, name), Preset(group="motion", values=values, usage=usage)]


def _side(model: Path) -> int:
    """Pixels of the pictures that a finished model was made for."""
    unet, vae = (json.loads((model / part / "config.json").read_text()) for part in ("unet", "vae"))
    halvings = len(vae["block_out_channels"]) - 1
    return int(unet["sample_size"]) << halvings
