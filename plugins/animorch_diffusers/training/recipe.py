"""Recipe: the groups of options that modes share: data, optimiser, validation."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Part):
    """Where captioned clips come from: a folder of clips, or a function that makes them."""

    folder: str | None = Field(None, description="Folder of video files or of folders of frames.")
    captions: str | None = Field(None, description="File of captions; null finds it beside the clips.")
    frames: int = Field(16, ge=1, description="Frames of a clip.")
    stride: int = Field(1, ge=1, description="Take every n-th frame of a file.")
    fps: float | None = Field(None, gt=0, description="Resample files to this rate, in place of stride.")
    start: int | Literal["random"] = Field(
        0, description="First frame taken; random takes another part of a file each time."
    )
    width: int | None = Field(
        256, ge=8, description="Pixels; clips are scaled and cut to it, null leaves them as they are."
    )
    height: int | None = Field(
        256, ge=8, description="Pixels; clips are scaled and cut to it, null leaves them as they are."
    )
    flip: bool = Field(False, description="Mirror a clip by chance; not where left and right are captioned.")
    source: str | None = Field(
        None, description="In place of folder, module:function that returns a sequence of (frames, caption)."
    )
    options: dict[str, Any] = Field({}, description="Keyword arguments of that function.")

    @model_validator(mode="after")
    def _one_rate(self) -> Data:
        if self.fps is not None and self.stride != 1:
            raise ValueError(
                f"data.fps={self.fps:g} and data.stride={self.stride} both choose the frames; keep one"
            )
        return self

    @model_validator(mode="after")
    def _whole_size(self) -> Data:
        if (self.width is None) != (self.height is None):
            raise ValueError("data.width and data.height go together; give both, or null for both")
        return self

    @property
    def varies(self) -> bool:
        """Whether a clip is another one each time it is taken."""
        return self.folder is not None and (self.start == "random" or self.flip)


class Optimiser(Part):
    """AdamW, its learning rate and the rate's course."""

    name: Literal["adamw", "adamw8bit"] = Field(
        "adamw",
        description="adamw8bit keeps its state in a quarter of the memory; needs CUDA and bitsandbytes.",
    )
    learning_rate: float = Field(1e-3, gt=0, description="The highest rate.")
    scale_lr: bool = Field(False, description="Multiply the rate by batch x accumulate x processes, really.")
    warmup: int = Field(100, ge=0, description="Steps of linear rise at the start.")
    schedule: Literal["constant", "cosine", "linear"] = Field("cosine", description="After the rise.")
    floor: float = Field(0.02, ge=0, le=1, description="Share of the rate that cosine and linear end at.")
    betas: tuple[float, float] = Field((0.9, 0.99), description="Memory of gradients and of their squares.")
    weight_decay: float = Field(1e-2, ge=0, description="Shrinks weights by this times the rate, each step.")
    epsilon: float = Field(1e-8, gt=0, description="Keeps AdamW from dividing by nothing.")
    max_grad_norm: float = Field(1.0, gt=0, description="Longer gradients are cut to this length.")


class Validation(Part):
    """Clips rendered while training goes on, with the averaged weights, from the same noise each time."""

    prompts: tuple[str, ...] = Field((), description="A clip each.")
    every: int = Field(0, ge=0, description="Steps between; 0 renders none.")
    frames: int = Field(16, ge=1, description="Frames of a clip.")
    steps: int = Field(25, ge=1, le=1000, description="Denoising steps (DDIM).")
    cfg: float = Field(7.5, ge=0, le=100, description="Classifier-free guidance; 1 turns it off.")
    seed: int = Field(0, ge=0, description="Noise seed.")
    width: int | None = Field(None, ge=8, description="Pixels; null is the size trained on.")
    height: int | None = Field(None, ge=8, description="Pixels; null is the size trained on.")
