"""sharpness: how much fine detail the frames have, and whether they lose it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from animorch import Clip, Measure, Measures, Metric, RenderSpec

if TYPE_CHECKING:
    import numpy as np

_UNIT = "levels²"


class Sharpness(Metric):
    """Variance of the Laplacian of luma (Rec. 601, levels 0..255), at the clip's own size.

    0 upwards, higher is sharper; noise counts as detail, and clips of other sizes or subjects compare
    badly. `sharpness_drift` is the last quarter's less the first's over their sum: -1..1, 0 is steady,
    below 0 the clip grows soft. Source: Pech-Pacheco et al. 2000, doi:10.1109/ICPR.2000.903548 (LAPV in
    Pertuz et al. 2013, doi:10.1016/j.patcog.2012.11.011).
    """

    name: ClassVar[str] = "sharpness"
    measures: ClassVar[Mapping[str, Measure]] = {
        "sharpness": Measure(_UNIT, "higher", 0),
        "sharpness_drift": Measure("share", None, -1, 1),
        "sharpness_by_frame": Measure(_UNIT, "higher", 0),
    }

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """Mean, drift, and `sharpness_by_frame` with T numbers."""
        import numpy as np
        from PIL import Image

        luma = (np.asarray(Image.fromarray(frame).convert("L")) for frame in clip.frames)
        frames = np.array([_variance(one) for one in luma])
        quarter = max(1, len(clip) // 4)
        first, last = frames[:quarter].mean(), frames[-quarter:].mean()
        return {
            "sharpness": float(frames.mean()),
            "sharpness_drift": float((last - first) / (last + first)) if last + first else 0.0,
            "sharpness_by_frame": frames.tolist(),
        }


def _variance(luma: np.ndarray[Any, Any]) -> float:
    """Of the four-neighbour Laplacian inside the picture; 0 where there is no inside."""
    import numpy as np

    if min(luma.shape) < 3:
        return 0.0
    wide = luma.astype(np.int16)
    around = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    return float((around - 4 * wide[1:-1, 1:-1]).var(dtype=np.float64))
