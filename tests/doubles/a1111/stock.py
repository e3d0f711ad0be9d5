"""Stock: the files that a server has."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


def digest(text: str) -> str:
    """64 hex that stand for a file's contents."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint file, in a subfolder or not; the base decides the model's config."""

    file: str
    base: str = "sd15"

    @property
    def stem(self) -> str:
        return self.file.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]

    @property
    def sha256(self) -> str:
        return digest(self.file)

    @property
    def short(self) -> str:
        return self.sha256[:10]

    @property
    def title(self) -> str:
        """As it is once the file was loaded and hashed; before, the title is the file alone."""
        return f"{self.file} [{self.short}]"

    def called(self, name: object) -> bool:
        """Whether the server takes `name` for this file."""
        base = self.file.replace("\\", "/").rpartition("/")[2]
        words = {self.file, base, base.rpartition(".")[0], self.title, self.sha256, self.short}
        return name in words | {f"[{self.short}]"}


@dataclass(frozen=True)
class MotionModule:
    """A motion module; `table` is the length of its positional table."""

    file: str
    kind: str = "v2"
    table: int = 32
    base: str = "sd15"


@dataclass(frozen=True)
class Lora:
    """A LoRA; `layout` is empty, or "converted" or "original" for a motion LoRA."""

    name: str
    alias: str = ""
    layout: str = ""

    @property
    def hash(self) -> str:
        return digest(self.name)[:12]


@dataclass(frozen=True)
class Stock:
    """Everything in a server's folders. The first checkpoint is the loaded one."""

    checkpoints: tuple[Checkpoint, ...] = (
        Checkpoint("sd15.safetensors"),
        Checkpoint("other.safetensors"),
        Checkpoint("anime/third.safetensors"),
        Checkpoint("sdxl.safetensors", base="sdxl"),
    )
    modules: tuple[MotionModule, ...] = (
        MotionModule("v15_v2.safetensors"),
        MotionModule("v14.safetensors", "v1", 24),
        MotionModule("mm_sd15_v3.safetensors", "v3"),
        MotionModule("mm_sd_v15_v2.ckpt"),
        MotionModule("lcm.safetensors", "lcm", 64),
        MotionModule("xl.safetensors", "sdxl", 32, "sdxl"),
    )
    loras: tuple[Lora, ...] = (
        Lora("film_grain"),
        Lora("ink", "ink_style"),
        Lora("zoom_in", layout="converted"),
        Lora("pan_left", layout="original"),
    )
    vaes: tuple[str, ...] = ("other.safetensors", "mse.safetensors")
    embeddings: tuple[str, ...] = ("easynegative",)
    controls: tuple[str, ...] | None = None  # ControlNet's models; None: the extension is absent

    def checkpoint(self, name: object) -> Checkpoint | None:
        return next((one for one in self.checkpoints if one.called(name)), None)

    def module(self, file: object) -> MotionModule | None:
        """No fuzzy match: the file's name with its ending."""
        return next((one for one in self.modules if one.file == file), None)

    def lora(self, name: str) -> Lora | None:
        return next((one for one in self.loras if name in (one.name, one.alias) and name), None)
