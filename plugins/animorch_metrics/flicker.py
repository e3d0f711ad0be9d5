"""temporal_flicker: how much brightness changes from frame to frame where no movement explains it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from animorch import Clip, Measure, Measures, Metric, RenderSpec


class TemporalFlicker(Metric):
    """Brightness that neither stays nor moves.

    Each frame's successor is brought back along the optical flow; what still differs is flicker: the
    mean absolute difference of luma (Rec. 601, gamma-coded) over the pixels that stay in the picture.
    Range 0..1 (1 is black to white everywhere), lower is steadier; a still or an evenly panned clip
    reads near 0. `temporal_flicker` is the mean over the T-1 frame pairs, 0 for a single frame.
    """

    name: ClassVar[str] = "temporal_flicker"
    version: ClassVar[str] = "1"
    measures: ClassVar[Mapping[str, Measure]] = {
        "temporal_flicker": Measure("luma", "lower", 0, 1),
        "temporal_flicker_by_pair": Measure("luma", "lower", 0, 1),
    }

    resolution: int = Field(96, ge=16, le=512, description="Short side in pixels at which it is measured.")

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """`temporal_flicker`, and `temporal_flicker_by_pair` with T-1 numbers."""
        from animorch_metrics.flow import flow, residual
        from animorch_metrics.small import small

        luma = small(clip, self.resolution, "L")
        pairs = residual(luma, flow(luma))
        mean = float(pairs.mean()) if len(pairs) else 0.0
        return {"temporal_flicker": mean, "temporal_flicker_by_pair": pairs.tolist()}
