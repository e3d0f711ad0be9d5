"""Window: sliding context windows over a clip longer than the motion module's table."""

from __future__ import annotations

from math import ceil, log2
from typing import Literal

from pydantic import Field, model_validator

from animorch.spec.model import Frozen

Fuse = Literal["flat", "pyramid", "relative", "overlap_linear"]


class Window(Frozen):
    """Looped-uniform windows (the schedule of animatediff-cli, A1111 and AnimateDiff-Evolved)."""

    length: int = Field(16, ge=1, le=128, description="Frames in a window.")
    overlap: int = Field(4, ge=0, description="Frames shared by neighbouring windows.")
    stride_levels: int = Field(1, ge=1, le=8, description="Spacings used: 1, 2, 4 … frames.")
    closed_loop: bool = Field(False, description="Windows run over the seam, so the clip loops.")
    fuse: Fuse = Field("flat", description="Weights of a frame inside the windows that hold it.")

    @model_validator(mode="after")
    def _overlap_is_shorter(self) -> Window:
        if self.overlap >= self.length:
            raise ValueError(
                f"overlap {self.overlap} must be below length {self.length}, "
                "or the window never moves; lower window.overlap"
            )
        return self

    def at_step(self, step: int, frames: int) -> list[list[int]]:
        """Frame numbers of each window at denoising step `step` (counted from 0).

        The 64-bit bit-reversal of the step shifts the windows so that seams wander
        (neggles/animatediff-cli, context.py: `uniform`).
        """
        if frames <= self.length:
            return [list(range(frames))]
        levels = min(self.stride_levels, ceil(log2(frames / self.length)) + 1)
        wander = int(f"{step:064b}"[::-1], 2) / 2**64
        return [
            [(start + place * spacing) % frames for place in range(self.length)]
            for spacing in (1 << level for level in range(levels))
            for start in self._starts(frames, spacing, wander)
        ]

    def _starts(self, frames: int, spacing: int, wander: float) -> range:
        pad = round(frames * wander)
        first, end = int(wander * spacing) + pad, frames + pad
        return range(
            first, end - (0 if self.closed_loop else self.overlap), self.length * spacing - self.overlap
        )

    def calls(self, frames: int, steps: int) -> int:
        """UNet calls that `steps` denoising steps take over `frames` frames, one branch."""
        return sum(len(self.at_step(step, frames)) for step in range(steps))
