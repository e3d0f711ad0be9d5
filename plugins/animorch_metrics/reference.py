"""Against a reference: the pieces that the four metrics by ffmpeg's filters share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from animorch import (
    Clip,
    Measure,
    Measures,
    MediaError,
    Metric,
    MetricError,
    RenderSpec,
    Weights,
    compared,
    comparisons,
    decoded,
)

EQUAL = 100.0  # dB in place of the infinity that equal frames have


class AgainstReference(Metric):
    """A clip beside `reference`, a clip file or folder of the same size and length."""

    by: ClassVar[str]  # what animorch.compared calls it

    reference: str = Field(
        "", description="The clip to compare with: a video, animation or folder of pictures."
    )

    def content(self) -> str:
        return Weights(name=self.name, path=self.reference).content()

    def preflight(self) -> list[str]:
        if not self.reference:
            return [f"it compares with a reference clip; give metrics.{self.name}.reference=FILE"]
        if not Path(self.reference).expanduser().exists():
            return [f"metrics.{self.name}.reference={self.reference} is not there; check the path"]
        if self.by not in comparisons():
            return [
                f"this ffmpeg has no filter for {self.by}; unset IMAGEIO_FFMPEG_EXE to use the bundled one"
            ]
        return []

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """The mean over the frames, and a series `…_by_frame` with T numbers.

        Raises MetricError when the reference has another size or length, or cannot be read.
        """
        try:
            series = compared(clip, _read(self.reference, self.content()), self.by)
        except MediaError as error:
            raise MetricError(str(error)) from error
        series = [min(number, EQUAL) for number in series]
        return {self.name: sum(series) / len(series), f"{self.name}_by_frame": series}


def both(name: str, measure: Measure) -> Mapping[str, Measure]:
    """What the mean and the series of a metric mean."""
    return {name: measure, f"{name}_by_frame": measure}


@lru_cache(maxsize=2)
def _read(path: str, content: str) -> Clip:
    """The reference, read once for a sweep; `content` tells another file at the same path."""
    return decoded(Path(path).expanduser())
