"""Pictures: files that a clip is made from, known by their content as weights are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from animorch.spec.model import Frozen
from animorch.spec.weights import existing, fingerprint


class Pictures(Frozen):
    """An image (the same for every frame), a video, or a folder of numbered frames."""

    path: str = Field(min_length=1, description="Image, video, or folder of frames; package:NAME/FILE too.")

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, data: Any) -> Any:
        return {"path": data} if isinstance(data, str) else data

    def local(self) -> Path:
        """The path as an existing, absolute one; raises UsageError when it is not there."""
        return existing(self.path, self.path)

    def content(self) -> str:
        """The name of the pictures' content, for a render key."""
        return "sha256:" + fingerprint(self.local())


class Init(Pictures):
    """What a clip starts from instead of pure noise (img2img, video to video)."""

    strength: float = Field(0.8, gt=0, le=1, description="Share of the denoising that is done.")


class Region(Frozen):
    """A prompt for the part of the picture that a mask shows in white."""

    prompt: str = Field(min_length=1, description="What to see there.")
    mask: str = Field(min_length=1, description="Image, video or folder of frames; white is the region.")
    weight: float = Field(1.0, gt=0, le=10, description="Against regions that it meets.")

    def content(self) -> str:
        return Pictures(path=self.mask).content()
