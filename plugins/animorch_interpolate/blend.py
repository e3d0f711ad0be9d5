"""blend: each frame fades into the next. No motion is followed: fast things become double."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from animorch_interpolate.interpolator import Interpolator

if TYPE_CHECKING:
    import numpy as np


class Blend(Interpolator):
    """Weighted means of neighbours, rounded to the nearest."""

    name: ClassVar[str] = "blend"

    def between(self, ends: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """As Interpolator asks; whole numbers throughout, so it is the same on every machine."""
        import numpy as np

        before, after = ends[:-1].astype(np.uint16), ends[1:].astype(np.uint16)
        half = self.factor // 2
        mixed = [
            (before * (self.factor - step) + after * step + half) // self.factor
            for step in range(1, self.factor)
        ]
        return np.stack(mixed, axis=1).astype(np.uint8)
