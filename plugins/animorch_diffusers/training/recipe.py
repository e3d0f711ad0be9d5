"""Recipe: everything that decides a training run, as it is written in conf/train/*.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from animorch import UsageError


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Part):
    """Where captioned clips come from."""

    source: str = Field(description="module:function that returns a sequence of (frames, caption).")
    options: dict[str, Any] = Field({}, description="Keyword arguments of that function.")


class Optimiser(Part):
    """AdamW, its learning rate and the rate's course."""

    learning_rate: float = Field(1e-3, gt=0)
    scale_lr: bool = Field(
        False, description="Multiply the rate by batch size x accumulated steps (x processes), really."
    )
    warmup: int = Field(100, ge=0, description="Steps of linear rise at the start.")
    schedule: Literal["constant", "cosine"] = Field("cosine", description="After the rise.")
    floor: float = Field(0.02, ge=0, le=1, description="Share of the rate that cosine ends at.")
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = Field(1e-2, ge=0)
    epsilon: float = Field(1e-8, gt=0)
    max_grad_norm: float = Field(1.0, gt=0)


class Run(Part):
    """What every stage has."""

    seed: int = Field(0, ge=0)
    folder: Path = Field(description="Where checkpoints, log and result go.")
    data: Data
    batch: int = Field(16, ge=1, description="Samples a step (clips or frames).")
    accumulate: int = Field(1, ge=1, description="Batches whose gradients are summed before a step.")
    steps: int = Field(1000, ge=1)
    optimiser: Optimiser = Optimiser()
    precision: Literal["fp32", "bf16"] = Field("fp32", description="bf16 is autocast; weights stay fp32.")
    ema: float = Field(0.995, ge=0, lt=1, description="Decay of the averaged weights; 0 keeps none.")
    threads: int | None = Field(None, ge=1, description="CPU threads; null leaves torch's default.")
    checkpoint_every: int = Field(100, ge=1, description="Steps between checkpoints.")
    log_every: int = Field(10, ge=1)


class VaeRun(Run):
    """The picture's encoder and decoder."""

    stage: Literal["vae"]
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


class BaseRun(Run):
    """Text encoder and UNet of a small model, and in the stage `motion` its motion module as well."""

    stage: Literal["image", "motion"]
    vae: Path = Field(description="Folder of the finished VAE.")
    start: Path | None = Field(None, description="Folder of finished parts to go on from.")
    clips: int = Field(6000, ge=1, description="Clips whose latents are kept in memory.")
    unet: dict[str, Any] = Field({}, description="UNet2DConditionModel's config; of `start` where given.")
    text: dict[str, Any] = Field({}, description="CLIPTextConfig's fields; of `start` where given.")
    adapter: dict[str, Any] = Field({}, description="MotionAdapter's config; of `start` where it has one.")
    trains: tuple[Literal["text", "unet", "adapter"], ...] = ("text", "unet", "adapter")
    prediction: Literal["epsilon", "v_prediction"] = "v_prediction"
    beta_schedule: Literal["linear", "scaled_linear"] = "linear"
    beta_start: float = Field(0.00085, gt=0)
    beta_end: float = Field(0.012, gt=0)
    min_snr: float | None = Field(5.0, gt=0, description="Gamma of min-SNR weighting; null weighs all alike.")
    text_dropout: float = Field(0.1, ge=0, le=1, description="Share of captions replaced by the empty one.")


AnyRun = Annotated[VaeRun | BaseRun, Field(discriminator="stage")]


def read(path: Path) -> VaeRun | BaseRun:
    """The recipe in a YAML file; raises UsageError with every mistake in it."""
    import yaml

    if not path.is_file():
        raise UsageError(f"there is no training config at {path}; conf/train holds the shipped ones")
    try:
        return TypeAdapter[VaeRun | BaseRun](AnyRun).validate_python(yaml.safe_load(path.read_text()))
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise UsageError(f"{path}: {'; '.join(wrong)}; correct the config") from error
