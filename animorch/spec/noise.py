"""Noise: what a clip's first latents are, where it is not plain noise by the seed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from animorch.spec.model import Frozen


class FreeInit(Frozen):
    """FreeInit (Wu et al. 2023, arXiv:2312.07537): render again from the low frequencies of what came out."""

    iterations: int = Field(3, ge=1, le=10, description="Renders, each from the one before.")
    filter: Literal["butterworth", "gaussian", "ideal"] = "butterworth"
    order: int = Field(4, ge=1, description="Of the Butterworth filter.")
    spatial: float = Field(0.25, ge=0, le=1, description="Stop frequency across the picture.")
    temporal: float = Field(0.25, ge=0, le=1, description="Stop frequency along the frames.")
    fast: bool = Field(False, description="Earlier renders with fewer steps.")

    def passes(self, steps: int) -> list[int]:
        """Denoising steps of each render."""
        if not self.fast:
            return [steps] * self.iterations
        return [max(1, int(steps / self.iterations * (number + 1))) for number in range(self.iterations)]


class FreeNoise(Frozen):
    """FreeNoise (Qiu et al. 2023, arXiv:2310.15169): one window's noise, shuffled for the frames after it."""

    length: int = Field(16, ge=1, description="Frames whose noise is drawn.")
    stride: int = Field(4, ge=1, description="Frames in a shuffled group.")
