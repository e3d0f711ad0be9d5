"""dead_frames: frames that repeat the one before, and frames that are black."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from animorch import Clip, Measure, Measures, Metric, RenderSpec


class DeadFrames(Metric):
    """The shares of frames that stand still and that are black; 0..1, lower is better, 0 is none.

    A frame is frozen when its mean absolute difference from the one before is at most `still`, and black
    when at least `covered` of its pixels have a luma of at most `dark`. Defaults are those of ffmpeg's
    freezedetect and blackdetect (ffmpeg-filters), with luma of 0..1. `frozen_frames` is a share of the T-1
    frames that have one before them, `black_frames` of all T. A still picture is frozen throughout.
    """

    name: ClassVar[str] = "dead_frames"
    measures: ClassVar[Mapping[str, Measure]] = {
        name: Measure("share of frames", "lower", 0, 1) for name in ("frozen_frames", "black_frames")
    }

    still: float = Field(0.001, ge=0, le=1, description="Difference up to which a frame repeats another.")
    dark: float = Field(0.1, ge=0, le=1, description="Luma up to which a pixel is black.")
    covered: float = Field(0.98, ge=0, le=1, description="Share of black pixels from which a frame is black.")

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """Two shares, measured at the clip's own size."""
        import numpy as np
        from PIL import Image

        black = [
            (np.asarray(Image.fromarray(frame).convert("L")) <= self.dark * 255).mean() >= self.covered
            for frame in clip.frames
        ]
        pairs = zip(clip.frames[:-1], clip.frames[1:], strict=True)
        frozen = [np.abs(now.astype(np.int16) - then).mean() <= self.still * 255 for then, now in pairs]
        return {
            "frozen_frames": float(np.mean(frozen)) if frozen else 0.0,
            "black_frames": float(np.mean(black)),
        }
