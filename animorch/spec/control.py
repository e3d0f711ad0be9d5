"""Control: networks that steer a clip by pictures, each with its weights and its pictures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from animorch.spec.pictures import Pictures
from animorch.spec.weights import Base, Weights


class ControlNet(Weights):
    """A ControlNet and the prepared pictures (edges, depth …) that it follows."""

    kinds: ClassVar[tuple[str, ...]] = ("controlnet",)

    base: Base = Field("sd15", description="Model family; the checkpoint must be of the same one.")
    pictures: str = Field(min_length=1, description="Image, video or folder of frames, already prepared.")
    weight: float = Field(1.0, ge=0, le=10, description="Strength.")
    start: float = Field(0.0, ge=0, le=1, description="Share of the denoising at which it begins.")
    end: float = Field(1.0, ge=0, le=1, description="Share of the denoising at which it ends.")
    guess_mode: bool = Field(False, description="Steer without the prompt, deeper layers more strongly.")

    def content(self) -> str:
        return f"{super().content()} pictures:{Pictures(path=self.pictures).content()}"


class SparseControl(Weights):
    """A SparseCtrl encoder (v3) and the frames that it is given."""

    kinds: ClassVar[tuple[str, ...]] = ("controlnet", "motion")

    keyframes: dict[int, str] = Field(min_length=1, description="Frame number: image.")
    kind: Literal["rgb", "scribble"] = Field("rgb", description="What the images are.")
    weight: float = Field(1.0, ge=0, le=10, description="Strength.")

    def content(self) -> str:
        return f"{super().content()} {_listed(self.keyframes.items())}"


class IPAdapter(Weights):
    """An IP-Adapter and the images that it takes a look from."""

    kinds: ClassVar[tuple[str, ...]] = ("ip_adapter",)

    images: tuple[str, ...] = Field(min_length=1, description="Images of the look, one or several.")
    weight: float = Field(1.0, ge=0, le=10, description="Strength.")
    encoder: Weights | None = Field(None, description="Image encoder; null: the one in its repository.")
    mask: str | None = Field(None, description="Image whose white part it works on.")

    @field_validator("images", mode="before")
    @classmethod
    def _one_is_a_list(cls, images: object) -> object:
        return [images] if isinstance(images, str) else images

    def content(self) -> str:
        named = [*enumerate(self.images), *([("mask", self.mask)] if self.mask else [])]
        encoder = f" encoder:{self.encoder.content()}" if self.encoder else ""
        return f"{super().content()} {_listed(named)}{encoder}"


def _listed(pictures: Iterable[tuple[object, str]]) -> str:
    return " ".join(f"{name}:{Pictures(path=path).content()}" for name, path in pictures)
