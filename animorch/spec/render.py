"""RenderSpec: one clip asked for in full. It says nothing of who renders it, nor of fps."""

from __future__ import annotations

import re
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from animorch.spec.control import ControlNet, IPAdapter, SparseControl
from animorch.spec.model import Frozen
from animorch.spec.noise import FreeInit, FreeNoise
from animorch.spec.pictures import Init, Pictures, Region
from animorch.spec.travel import Travel, settled
from animorch.spec.weights import Base, Weights, existing, fingerprint, in_words
from animorch.spec.window import Window


def _as_word(name: Any) -> Any:
    """A sampler or schedule as A1111 shows it, as in `DPM++ 2M`, is the word dpmpp_2m."""
    return re.sub(r"[\s-]+", "_", name.strip().lower().replace("+", "p")) if isinstance(name, str) else name


Word = Annotated[str, BeforeValidator(_as_word), StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$")]


class Checkpoint(Weights):
    """Stable Diffusion weights: a diffusers folder, a single file, or a hub id."""

    kinds: ClassVar[tuple[str, ...]] = ("checkpoint",)

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

    kinds: ClassVar[tuple[str, ...]] = ("motion",)

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

    kinds: ClassVar[tuple[str, ...]] = ("lora", "motion_lora")

    weight: float = Field(1.0, ge=-10, le=10, description="Strength.")
    blocks: dict[str, float] = Field(
        {}, description="Strengths of single blocks, times `weight`: text, down, mid, up, down.1, up.2 …"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, data: Any) -> Any:
        """`file.safetensors:0.8` is short for {path: file.safetensors, weight: 0.8}."""
        if isinstance(data, str):
            data = in_words(data, weighted=True)
        if isinstance(data, dict) and "name" not in data:
            named = data.get("path") or data.get("repo") or ""
            data = data | {"name": PureWindowsPath(str(named)).name or "lora"}  # splits at / and \\
        return data


class Embedding(Weights):
    """A textual inversion; `name` is the word that stands for it in prompts."""

    kinds: ClassVar[tuple[str, ...]] = ("embedding",)


# tables that are off while one key of theirs is null: that key, the model, an example of its value
_SWITCHES: dict[str, tuple[str, type[Frozen], str]] = {
    "window": ("length", Window, "16"),
    "init": ("path", Init, "photo.png"),
    "freeinit": ("iterations", FreeInit, "3"),
    "freenoise": ("length", FreeNoise, "16"),
}


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
    prompt_travel: dict[int, str] = Field({}, description="Prompts on the way: {0: a, 50%: b, 1.5s: c}.")
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
        description="What the UNet normalises over, as its authors' does: each frame (v2, v3), or the whole "
        "clip, as v1 was trained; null is what the backend does by itself.",
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

    @field_validator(*_SWITCHES, mode="before")
    @classmethod
    def _off_without_its_switch(cls, table: Any, info: ValidationInfo) -> Any:
        """A table whose switch is null is off: a config needs the keys, so that a command can set them."""
        field = str(info.field_name)
        switch, model, example = _SWITCHES[field]
        absent = field == "window"  # for which a table without length is off as well
        if not isinstance(table, dict) or table.get(switch, None if absent else 0) is not None:
            return table
        usual = model.model_construct().model_dump()
        for key, value in table.items():
            if value is not None and value != usual.get(key):
                raise ValueError(
                    f"{field}.{key}={value} has no effect without {field}.{switch}; set it, as in {example}"
                )
        return None

    @field_validator("travel", mode="before")
    @classmethod
    def _the_usual_way_is_null(cls, travel: Any) -> Any:
        usual = Travel().model_dump()
        idle = isinstance(travel, dict) and all(
            key in usual and value in (None, usual[key]) for key, value in travel.items()
        )
        return None if idle else travel

    @field_validator("vae", mode="before")
    @classmethod
    def _a_file_has_its_name(cls, vae: Any) -> Any:
        return {"path": vae, "name": PureWindowsPath(vae).name or "vae"} if isinstance(vae, str) else vae

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
        if problem := self.too_long(self.motion.table):
            raise ValueError(problem)
        return self

    def too_long(self, table: int | None) -> str | None:
        """A sentence when more frames are asked for at once than a motion module has positions for."""
        span = min(self.window.length, self.frames) if self.window else self.frames
        if table is None or span <= table:
            return None
        length = f"window.length={min(table, self.motion.trained_frames)}"
        cure = f"set {length}" if self.window else f"lower frames, or let windows slide over them: {length}"
        return (
            f"{'window.length' if self.window else 'frames'}={span} is more than the {table} that "
            f"motion={self.motion.name} has positions for; {cure}"
        )

    @property
    def branches(self) -> int:
        """UNet evaluations of one window at one step: the prompt, the negative prompt, each region."""
        return (1 if self.cfg <= 1 else 2) + len(self.regions)

    @property
    def unet_calls(self) -> int:
        """UNet forwards that the clip takes: steps x windows x branches, as often as FreeInit renders."""
        steps = max(1, int(self.steps * self.init.strength)) if self.init else self.steps
        passes = self.freeinit.passes(steps) if self.freeinit else [steps]
        window = self.window
        return self.branches * sum(window.calls(self.frames, each) if window else each for each in passes)
