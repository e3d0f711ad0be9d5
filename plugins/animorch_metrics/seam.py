"""loop_seam: whether a clip that is played in a loop jumps where it starts again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from animorch import Clip, Measure, Measures, Metric, RenderSpec

_HALF_A_LEVEL = 0.5 / 255  # added to both sides, so that a still clip has a ratio


class LoopSeam(Metric):
    """The step from the last frame to the first beside the steps inside the clip.

    A step is the mean absolute difference of R, G and B, 0..1. `loop_seam_error` is by how much the seam
    exceeds the median step: 0..1, 0 is a loop without a jump. `loop_seam_ratio` is seam over median, each
    half a level higher: 1 is as smooth as the rest. Lower is better in both. A clip whose last frame
    repeats its first reads 0 too, though it halts for one frame: see dead_frames. Source: our own.
    """

    name: ClassVar[str] = "loop_seam"
    measures: ClassVar[Mapping[str, Measure]] = {
        "loop_seam_error": Measure("share of the value range", "lower", 0, 1),
        "loop_seam_ratio": Measure("times the median step", "lower", 0),
    }

    resolution: int = Field(96, ge=16, le=512, description="Short side in pixels at which it is measured.")

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """Error and ratio; 0 and 1 for a single frame."""
        import numpy as np

        from animorch_metrics.small import small

        frames = small(clip, self.resolution, "RGB")
        steps = np.abs(frames - np.roll(frames, 1, axis=0)).mean(axis=(1, 2, 3))
        seam, usual = float(steps[0]), float(np.median(steps[1:])) if len(clip) > 1 else 0.0
        return {
            "loop_seam_error": max(0.0, seam - usual),
            "loop_seam_ratio": (seam + _HALF_A_LEVEL) / (usual + _HALF_A_LEVEL),
        }
