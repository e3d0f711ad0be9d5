"""long_range_drift: how far the look of a clip has gone from its beginning, whatever moved meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from animorch import Clip, Measure, Measures, Metric, RenderSpec

if TYPE_CHECKING:
    import numpy as np

_COLOURS = 64  # quantiles of each channel


class LongRangeDrift(Metric):
    """Distance of the colours of late frames from those of early ones, which neighbours do not show.

    Each frame is known by the distribution of its R, G, B and luma; the distance of two frames is the mean
    over these four of the 1-D Wasserstein distance (by 64 quantiles, values 0..1). So a thing that moves
    through the picture counts little, and a slow change of light, colour or contrast counts in full.
    `long_range_drift` is the distance of the last quarter's mean distribution from the first quarter's:
    0..1, lower is steadier, 0 is none. Source: L. Rüschendorf, "Wasserstein metric", Encyclopedia of
    Mathematics; that neighbours miss long drift: VBench, issue 206.
    """

    name: ClassVar[str] = "long_range_drift"
    measures: ClassVar[Mapping[str, Measure]] = {
        "long_range_drift": Measure("share of the value range", "lower", 0, 1),
        "drift_from_first_by_frame": Measure("share of the value range", "lower", 0, 1),
    }

    resolution: int = Field(96, ge=16, le=512, description="Short side in pixels at which it is measured.")

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """`long_range_drift`, and `drift_from_first_by_frame` with T numbers, the first of which is 0."""
        looks = self._looks(clip)
        quarter = max(1, len(clip) // 4)
        far = looks[-quarter:].mean(axis=0) - looks[:quarter].mean(axis=0)
        return {
            "long_range_drift": float(abs(far).mean()),
            "drift_from_first_by_frame": abs(looks - looks[0]).mean(axis=(1, 2)).tolist(),
        }

    def _looks(self, clip: Clip) -> np.ndarray[Any, Any]:
        """Quantiles of each channel of each frame: (T, 64, 4)."""
        import numpy as np

        from animorch_metrics.small import small

        colour, luma = small(clip, self.resolution, "RGB"), small(clip, self.resolution, "L")
        values = np.concatenate([colour, luma[..., None]], axis=3).reshape(len(clip), -1, 4)
        ordered = np.sort(values, axis=1)
        middles = (np.arange(_COLOURS) + 0.5) / _COLOURS * ordered.shape[1]
        return np.asarray(ordered[:, middles.astype(int)])
