"""RenderSpec: one clip asked for in full. It says nothing of who renders it, nor of fps."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from animorch.spec.control import ControlNet, IPAdapter, SparseControl
from animorch.spec.model import Frozen
from animorch.spec.noise import FreeInit, FreeNoise
from animorch.spec.pictures import Init, Pictures, Region
from animorch.spec.travel import Travel, settled
from animorch.spec.weights import Base, Weights, existing, fingerprint
from animorch.spec.window import Window

Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$")]


class Checkpoint(Weights):
    """Stable Diffusion weights: a diffusers folder, a single file, or a hub id."""

    base: Base = Field(description="Model family; a motion module must be of the same one.")
    config: str | None = Field(
        None, min_length=1, description="Folder with configs and tokenizer for a single file."
    )

    def content(self) -> str:
        """The name of the weights' content and of the config folder's, wherever that lies."""
        folder = self.local_config()
        return super().content() + (f" config:{fingerprint(folder)}" if folder else "")

    def local_config(self) -> Path | None:
        """The config folder as an existing, absolute path; raises UsageError when it is not there."""
        return None if self.config is None else existing(self.config, self.name)


class Recommends(Frozen):
    """Settings that a motion module was made for; null leaves the general default."""

    steps: int | None = None
    cfg: float | None = None
    sampler: Word | None = None
    schedule: Word | None = None
    width: int | None = None
    height: int | None = None


class MotionModule(Weights):
    """Temporal weights with the preset they were trained for (registry: conf/motion/)."""

    base: Base = Field(description="Checkpoint family that it animates.")
    family: Literal["v1", "v2", "v3", "sdxl", "hotshot", "unknown"] = "unknown"
    table: int | None = Field(None, ge=1, description="Length of the position table: frames at most.")
    trained_frames: int = Field(16, ge=1, description="Frames it was trained on.")
    beta_schedule: Literal["linear", "scaled_linear", "squaredcos_cap_v2"] = Field(
        "linear", description="diffusers naming; ComfyUI calls linear `sqrt_linear`."
    )
    beta_start: float = Field(0.00085, gt=0)
    beta_end: float = Field(0.012, gt=0)
    recommends: Recommends = Recommends()


class Lora(Weights):
    """Low-rank weights with their strength in kohya's meaning (times alpha / rank)."""

    weight: float = Field(1.0, ge=-10, le=10, description="Strength.")
    blocks: dict[str, float] = Field(
        {}, description="Strengths of single blocks, times `weight`: text, down, mid, up, down.1, up.2 …"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, data: Any) -> Any:
        """`file.safetensors:0.8` is short for {path: file.safetensors, weight: 0.8}."""
        if isinstance(data, str):
            path, _, weight = data.rpartition(":")
            try:
                data = {"path": path, "weight": float(weight)} if path else {"path": data}
            except ValueError:  # a colon of the path's own
                data = {"path": data}
        if isinstance(data, dict) and "name" not in data:
            named = data.get("path") or data.get("repo") or ""
            data = data | {"name": PureWindowsPath(str(named)).name or "lora"}  # splits at / and \\
        return data


class Embedding(Weights):
    """A textual inversion; `name` is the word that stands for it in prompts."""


class RenderSpec(Frozen):
    """What decides the pixels of a clip, apart from the renderer."""

    checkpoint: Checkpoint
    motion: MotionModule
    vae: Weights | None = Field(None, description="Another VAE than the checkpoint's own.")
    embeddings: tuple[Embedding, ...] = Field((), description="Textual inversions, used by their names.")
    loras: tuple[Lora, ...] = Field((), description="Style LoRAs, applied together.")
    motion_loras: tuple[Lora, ...] = Field((), description="Camera moves and the like.")
    motion_scale: float = Field(1.0, ge=0, le=4, description="Strength of the motion module.")
    prompt: str = Field("", coerce_numbers_to_str=True, description="What to see.")
    negative_prompt: str = Field("", coerce_numbers_to_str=True, description="What not to see.")
    prompt_travel: dict[int, str] = Field({}, description='Prompts on the way: {0: a, "50%": b, "1.5s": c}.')
    negative_travel: dict[int, str] = Field({}, description="Negative prompts on the way, as prompt_travel.")
    travel: Travel | None = Field(None, description="How prompts blend on the way; null: a straight line.")
    steps: int = Field(25, ge=1, le=1000, description="Denoising steps.")
    cfg: float = Field(7.5, ge=0, le=100, description="Classifier-free guidance; 1 turns it off.")
    sampler: Word = Field("ddim", description="euler, euler_a, ddim, dpmpp_2m, lcm …")
    schedule: Word = Field("normal", description="Sigma spacing: normal, karras, sgm_uniform …")
    seed: int = Field(0, ge=0, le=2**64 - 1, description="Noise seed; a string of digits is fine.")
    width: int = Field(512, ge=8, le=8192, description="Pixels.")
    height: int = Field(512, ge=8, le=8192, description="Pixels.")
    frames: int = Field(16, ge=1, le=4096, description="Frames rendered; fps is a matter of output.")
    window: Window | None = None
    clip_skip: int = Field(1, ge=1, le=12, description="A1111's numbering: 1 uses every layer.")
    group_norm: Literal["frame", "clip"] | None = Field(
        None,
        description="What the UNet normalises over: each frame, or the whole clip, as v1 and v3 were trained "
        "(guoyww); null is what the backend does by itself.",
    )
    freeinit: FreeInit | None = None
    freenoise: FreeNoise | None = None
    init: Init | None = Field(None, description="Image or video to start from.")
    mask: Pictures | None = Field(None, description="White is rendered, black stays as `init` is.")
    controlnets: tuple[ControlNet, ...] = ()
    sparse_control: SparseControl | None = None
    ip_adapters: tuple[IPAdapter, ...] = ()
    regions: tuple[Region, ...] = Field((), description="Prompts for parts of the picture.")

    @field_validator("seed", mode="before")
    @classmethod
    def _seed_is_fixed(cls, seed: Any) -> Any:
        if isinstance(seed, str) and seed.strip().lstrip("-").isdigit():
            seed = int(seed)
        if isinstance(seed, int) and seed < 0:
            raise ValueError(
                f"{seed} (a random seed) would make a clip nobody can render again; "
                "choose one, as in seed=1234, or several, as in seed=range(0,4)"
            )
        return seed

    @field_validator(
        "loras", "motion_loras", "embeddings", "controlnets", "ip_adapters", "regions", mode="before"
    )
    @classmethod
    def _one_is_a_list(cls, loras: Any) -> Any:
        return [loras] if isinstance(loras, (str, dict)) else loras

    @field_validator("window", mode="before")
    @classmethod
    def _no_length_is_no_window(cls, window: Any) -> Any:
        if not isinstance(window, dict) or window.get("length") is not None:
            return window
        usual = Window().model_dump()
        for key, value in window.items():
            if value is not None and value != usual.get(key):
                raise ValueError(
                    f"window.{key}={value} has no effect without window.length; set it, as in 16"
                )
        return None

    @model_validator(mode="before")
    @classmethod
    def _travel_in_frames(cls, data: Any) -> Any:
        for key in ("prompt_travel", "negative_travel"):
            if isinstance(data, dict) and data.get(key):
                frames = data.get("frames", cls.model_fields["frames"].default)
                data = data | {key: settled(data[key], frames)}
        return data

    @model_validator(mode="after")
    def _motion_fits(self) -> RenderSpec:
        if self.motion.base != self.checkpoint.base:
            raise ValueError(
                f"motion={self.motion.name} animates checkpoints of base {self.motion.base} and "
                f"checkpoint={self.checkpoint.name} is of base {self.checkpoint.base}; "
                f"choose a motion module for {self.checkpoint.base} or a checkpoint of {self.motion.base}"
            )
        table = self.motion.table
        span = min(self.window.length, self.frames) if self.window else self.frames
        if table is not None and span > table:
            raise ValueError(
                f"{'window.length' if self.window else 'frames'}={span} is more than the {table} "
                f"that motion={self.motion.name} has positions for; "
                f"set window.length={min(table, self.motion.trained_frames)} or lower it"
            )
        return self

    @property
    def unet_calls(self) -> int:
        """UNet forwards that the clip takes: steps x windows x guidance branches."""
        branches = 1 if self.cfg <= 1 else 2
        windows = self.window.calls(self.frames, self.steps) if self.window else self.steps
        return windows * branches
