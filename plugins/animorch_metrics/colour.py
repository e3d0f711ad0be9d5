"""colour_drift: how brightness and saturation change over a clip, and whether it went flat and brown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from animorch import Clip, Measures, Metric, RenderSpec

if TYPE_CHECKING:
    import numpy as np


class ColourDrift(Metric):
    """Brightness and saturation of every frame, and their change over the clip.

    brightness is mean luma (Rec. 601, gamma-coded), saturation mean (max - min) of R, G, B; both 0..1.
    A drift is the mean of the last quarter less that of the first: -1..1, 0 is steady.

    `browned_out` is 1 when the last quarter is lost in either of two ways, else 0:
    - its colour is gone: saturation under `collapse` times the first quarter's, which had some;
    - it is a flat brown: contrast (standard deviation of luma) under `flat`, and the mean colour dark
      to middling, not grey, with a hue between `brown_from` and `brown_to`.
    A clip that is grey from its first frame is not browned out; a flat brown one is.
    """

    name: ClassVar[str] = "colour_drift"
    version: ClassVar[str] = "1"

    collapse: float = Field(
        0.3, ge=0, le=1, description="Share of its saturation below which a clip has lost it."
    )
    coloured: float = Field(
        0.06, ge=0, le=1, description="Saturation from which a picture counts as coloured."
    )
    flat: float = Field(0.06, ge=0, le=1, description="Contrast below which a picture counts as flat.")
    brown_from: float = Field(
        10.0, ge=0, le=360, description="Hue in degrees (0 red, 60 yellow) where brown begins."
    )
    brown_to: float = Field(50.0, ge=0, le=360, description="Hue in degrees where brown ends.")
    brown_light: float = Field(0.65, ge=0, le=1, description="Brightness above which it is beige, not brown.")

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """Two drifts and the flag; `brightness_by_frame` and `saturation_by_frame` with T numbers each."""
        from animorch_metrics.small import small

        frames, luma = small(clip, 128, "RGB"), small(clip, 128, "L")
        brightness = luma.mean(axis=(1, 2))
        saturation = (frames.max(axis=3) - frames.min(axis=3)).mean(axis=(1, 2))
        quarter = max(1, len(clip) // 4)
        lost = self._colour_gone(saturation, quarter) or self._flat_brown(frames[-quarter:], luma[-quarter:])
        return {
            "brightness_drift": _drift(brightness, quarter),
            "saturation_drift": _drift(saturation, quarter),
            "browned_out": float(lost),
            "brightness_by_frame": brightness.tolist(),
            "saturation_by_frame": saturation.tolist(),
        }

    def _colour_gone(self, saturation: np.ndarray[Any, Any], quarter: int) -> bool:
        first, last = saturation[:quarter].mean(), saturation[-quarter:].mean()
        return bool(first >= self.coloured and last < self.collapse * first)

    def _flat_brown(self, frames: np.ndarray[Any, Any], luma: np.ndarray[Any, Any]) -> bool:
        from colorsys import rgb_to_hsv

        colour = [float(part) for part in frames.mean(axis=(0, 1, 2))]
        hue, chroma = 360 * rgb_to_hsv(*colour)[0], max(colour) - min(colour)
        is_brown = self.brown_from <= hue <= self.brown_to and float(luma.mean()) <= self.brown_light
        return is_brown and chroma >= self.coloured and bool(luma.std(axis=(1, 2)).mean() < self.flat)


def _drift(series: np.ndarray[Any, Any], quarter: int) -> float:
    return float(series[-quarter:].mean() - series[:quarter].mean())
