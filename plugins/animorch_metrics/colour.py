"""colour_drift: how brightness, contrast and saturation change, and whether the clip went flat and brown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from animorch import Clip, Measure, Measures, Metric, RenderSpec

if TYPE_CHECKING:
    import numpy as np


class ColourDrift(Metric):
    """Brightness, contrast and saturation of every frame, and their change over the clip.

    brightness is mean luma (Rec. 601, gamma-coded), contrast its standard deviation (at most 0.5),
    saturation mean (max - min) of R, G, B; all 0..1. A drift is the mean of the last quarter less that of
    the first: -1..1, 0 is steady, and neither way is better. Source: our own.

    `browned_out` is 1 when the last quarter is lost in any of three ways, else 0 (lower is better):
    - its colour is gone: saturation under `collapse` times the first quarter's, which had some;
    - it turned to sepia: all of its colour has one hue, between `brown_from` and `brown_to`, and the first
      quarter had several (`one_hue`: length of the mean of hues as directions, weighted by chroma, 0..1);
    - it is a flat brown: contrast (standard deviation of luma) under `flat`, and the mean colour dark
      to middling, not grey, with a hue between `brown_from` and `brown_to`.
    A clip that is grey or sepia from its first frame is not browned out; a flat brown one is.
    """

    name: ClassVar[str] = "colour_drift"
    version: ClassVar[str] = "2"
    measures: ClassVar[Mapping[str, Measure]] = {
        "brightness_drift": Measure("luma", None, -1, 1),
        "contrast_drift": Measure("luma", None, -1, 1),
        "saturation_drift": Measure("share of the value range", None, -1, 1),
        "browned_out": Measure("flag", "lower", 0, 1),
        "brightness_by_frame": Measure("luma", None, 0, 1),
        "contrast_by_frame": Measure("luma", None, 0, 1),
        "saturation_by_frame": Measure("share of the value range", None, 0, 1),
    }

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

    one_hue: float = Field(0.95, ge=0, le=1, description="Agreement of hues from which all are one.")

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """Three drifts and the flag, and three series `…_by_frame` with T numbers each."""
        from animorch_metrics.small import small

        frames, luma = small(clip, 128, "RGB"), small(clip, 128, "L")
        brightness, contrast = luma.mean(axis=(1, 2)), luma.std(axis=(1, 2))
        saturation = (frames.max(axis=3) - frames.min(axis=3)).mean(axis=(1, 2))
        quarter = max(1, len(clip) // 4)
        lost = (
            self._colour_gone(saturation, quarter)
            or self._sepia(frames[:quarter], frames[-quarter:])
            or self._flat_brown(frames[-quarter:], luma[-quarter:])
        )
        return {
            "brightness_drift": _drift(brightness, quarter),
            "contrast_drift": _drift(contrast, quarter),
            "saturation_drift": _drift(saturation, quarter),
            "browned_out": float(lost),
            "brightness_by_frame": brightness.tolist(),
            "contrast_by_frame": contrast.tolist(),
            "saturation_by_frame": saturation.tolist(),
        }

    def _colour_gone(self, saturation: np.ndarray[Any, Any], quarter: int) -> bool:
        first, last = saturation[:quarter].mean(), saturation[-quarter:].mean()
        return bool(first >= self.coloured and last < self.collapse * first)

    def _sepia(self, first: np.ndarray[Any, Any], last: np.ndarray[Any, Any]) -> bool:
        before, _ = _hues(first)
        after, hue = _hues(last)
        coloured = float((last.max(axis=3) - last.min(axis=3)).mean()) >= self.coloured
        return coloured and before < self.one_hue <= after and self.brown_from <= hue <= self.brown_to

    def _flat_brown(self, frames: np.ndarray[Any, Any], luma: np.ndarray[Any, Any]) -> bool:
        from colorsys import rgb_to_hsv

        colour = [float(part) for part in frames.mean(axis=(0, 1, 2))]
        hue, chroma = 360 * rgb_to_hsv(*colour)[0], max(colour) - min(colour)
        is_brown = self.brown_from <= hue <= self.brown_to and float(luma.mean()) <= self.brown_light
        return is_brown and chroma >= self.coloured and bool(luma.std(axis=(1, 2)).mean() < self.flat)


def _drift(series: np.ndarray[Any, Any], quarter: int) -> float:
    return float(series[-quarter:].mean() - series[:quarter].mean())


def _hues(frames: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Agreement of the hues of (T, h, w, 3), 0..1, and their mean in degrees; 0 of grey.

    A colour's direction in the plane across grey gives its hue, its length the weight.
    """
    import numpy as np

    red, green, blue = np.moveaxis(frames, 3, 0)
    across, up = red - (green + blue) / 2, (green - blue) * np.sqrt(0.75)
    whole = float(np.hypot(across, up).sum())
    x, y = float(across.sum()), float(up.sum())
    agreement = float(np.hypot(x, y)) / whole if whole > 1e-6 * red.size else 0.0
    return agreement, float(np.degrees(np.arctan2(y, x)) % 360)
