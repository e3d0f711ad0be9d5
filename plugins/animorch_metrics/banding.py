"""banding: steps that 8 bits leave in what should be a smooth gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from animorch import Clip, Measure, Measures, Metric, RenderSpec

if TYPE_CHECKING:
    import numpy as np

_PLATEAU = 4  # equal steps on either side, so five equal pixels
_SEEN = 8  # pixels on either side of a step that the eye takes for its band


class Banding(Metric):
    """The share of the picture that lies at the edge of a band; 0..1, lower is better, 0 is none.

    An edge is a step of at most `step` levels in R, G or B, along a row or a column, between two plateaus
    of five equal pixels or more; all within 8 pixels of it, along the same line, counts. Grain and dither
    break plateaus, so they read near 0, as banding does not show through them either. Flat drawings with
    faint edges read high without being at fault. Source: our own, after the idea of CAMBI (Tandon et al.
    2021, doi:10.1109/PCS50896.2021.9477464); its numbers are not CAMBI's.
    """

    name: ClassVar[str] = "banding"
    measures: ClassVar[Mapping[str, Measure]] = {
        name: Measure("share of the picture", "lower", 0, 1) for name in ("banding", "banding_by_frame")
    }

    step: int = Field(8, ge=1, le=32, description="The largest step, in levels, that counts as banding.")

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """The mean, and `banding_by_frame` with T numbers; measured at the clip's own size."""
        frames = [float(self._edges(frame).mean()) for frame in clip.frames]
        return {"banding": sum(frames) / len(frames), "banding_by_frame": frames}

    def _edges(self, frame: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Where a frame (H, W, 3) lies at the edge of a band: (H, W) bool."""
        import numpy as np

        found = [
            _beside_steps(planes, self.step)
            for planes in (frame.transpose(2, 0, 1), frame.transpose(2, 1, 0))
        ]
        across, down = found
        return np.asarray(across | down.T)


def _beside_steps(planes: np.ndarray[Any, Any], largest: int) -> np.ndarray[Any, Any]:
    """Along the last axis of (3, H, W) uint8: (H, W) bool."""
    import numpy as np

    _, height, width = planes.shape
    found = np.zeros((height, width), bool)
    change = np.abs(np.diff(planes.astype(np.int16), axis=2))
    if change.shape[2] < 2 * _PLATEAU + 1:
        return found
    flat = change == 0
    runs = flat[..., :-1] & flat[..., 1:]
    runs = runs[..., :-2] & runs[..., 2:]  # four in a row
    faint = (change[..., _PLATEAU:-_PLATEAU] <= largest) & ~flat[..., _PLATEAU:-_PLATEAU]
    steps = (runs[..., : -_PLATEAU - 1] & faint & runs[..., _PLATEAU + 1 :]).any(axis=0)
    for by in range(_PLATEAU + 1 - _SEEN, _PLATEAU + 1 + _SEEN):
        start, end = max(0, by), min(width, steps.shape[1] + by)
        found[:, start:end] |= steps[:, start - by : end - by]
    return found
