"""frame_consistency: how like each frame is to the one before it and to the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from animorch import Clip, Measure, Measures, Metric, RenderSpec

_LIKE = Measure("SSIM", "higher", -1, 1)


class FrameConsistency(Metric):
    """Structural similarity of luma (Rec. 601, gamma-coded) between frames of the same clip.

    `likeness_to_previous` is the mean over the T-1 neighbouring pairs, `likeness_to_first` over the frames
    after the first; -1..1, higher is steadier, 1 is equal (and what a single frame reads). Movement lowers
    both, so show motion_amount beside them. Source: SSIM as in `likeness.py`. This looks at pixels, not at
    what is shown: for that see dino_consistency.
    """

    name: ClassVar[str] = "frame_consistency"
    measures: ClassVar[Mapping[str, Measure]] = dict.fromkeys(
        (
            "likeness_to_previous",
            "likeness_to_first",
            "likeness_to_previous_by_pair",
            "likeness_to_first_by_frame",
        ),
        _LIKE,
    )

    resolution: int = Field(96, ge=16, le=512, description="Short side in pixels at which it is measured.")

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """Two means, `…_by_pair` with T-1 numbers and `…_by_frame` with T, the first of which is 1."""
        from animorch_metrics.likeness import likeness
        from animorch_metrics.small import small

        luma = small(clip, self.resolution, "L")
        previous = likeness(luma[1:], luma[:-1])
        first = likeness(luma, luma[:1])
        one = len(clip) == 1
        return {
            "likeness_to_previous": 1.0 if one else float(previous.mean()),
            "likeness_to_first": 1.0 if one else float(first[1:].mean()),
            "likeness_to_previous_by_pair": previous.tolist(),
            "likeness_to_first_by_frame": first.tolist(),
        }
