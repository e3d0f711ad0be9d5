"""motion_amount: how far the picture moves from frame to frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from animorch import Clip, Measure, Measures, Metric, RenderSpec


class MotionAmount(Metric):
    """Mean length of the optical flow, as a share of the short side per frame.

    0.01 is one hundredth: 5 pixels a frame at 512. Range 0 to about 0.2, where the flow's reach ends
    and faster movement reads too low. Neither high nor low is better: show it beside any measure of
    steadiness, all of which a still picture wins. Flat areas are taken to move as what surrounds them.
    """

    name: ClassVar[str] = "motion_amount"
    version: ClassVar[str] = "1"
    measures: ClassVar[Mapping[str, Measure]] = {
        name: Measure("short sides a frame", None, 0)
        for name in ("motion_amount", "motion_peak", "motion_amount_by_pair")
    }

    resolution: int = Field(96, ge=16, le=512, description="Short side in pixels at which it is measured.")

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """`motion_amount` (mean), `motion_peak` (the fastest twentieth), `motion_amount_by_pair` (T-1)."""
        import numpy as np

        from animorch_metrics.flow import flow
        from animorch_metrics.small import small

        if len(clip) == 1:
            return {"motion_amount": 0.0, "motion_peak": 0.0, "motion_amount_by_pair": []}
        moved = flow(small(clip, self.resolution, "L"))
        lengths = np.hypot(moved[:, 0], moved[:, 1]) / min(moved.shape[2:])
        fastest = np.sort(lengths.reshape(len(lengths), -1), axis=1)[:, -max(1, lengths[0].size // 20) :]
        return {
            "motion_amount": float(lengths.mean()),
            "motion_peak": float(fastest.mean()),
            "motion_amount_by_pair": lengths.mean(axis=(1, 2)).tolist(),
        }
