"""Wishes: what a person may ask of a grid beyond its sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from animorch.errors import UsageError
from animorch.media import Quality
from animorch.runs.names import GRID

STILL = ".png"  # one picture instead of a video
_PAGE, _SMALLER = (1920, 1080), (1280, 720)
_HEAVY = (".gif", ".webp", ".apng")  # every pixel costs: a page of these is smaller


@dataclass(frozen=True)
class Wishes:
    """metrics: named under each cell. names: what an axis is called instead of by its key; "" for nothing.

    name: of the file, whose ending says the format. width: pixels that a page should not exceed.
    """

    metrics: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    name: str = GRID
    width: int | None = None
    quality: Quality = "good"

    @property
    def page(self) -> tuple[int, int]:
        """Width and height, in pixels, that a page should not exceed."""
        usual = _SMALLER if Path(self.name).suffix in _HEAVY else _PAGE
        return usual if self.width is None else (self.width, self.width * 9 // 16)

    @property
    def plain(self) -> bool:
        """Whether only what every sweep ends with is asked for."""
        return self == Wishes()

    def facts(self) -> dict[str, Any]:
        """What of these shows in the picture, as plain data."""
        return {
            "metrics": self.metrics,
            "names": dict(self.names),
            "page": self.page,
            "quality": self.quality,
        }

    def check(self, axes: tuple[str, ...]) -> None:
        """Raises UsageError for a name given to what is no axis."""
        for axis in self.names:
            if axis not in axes:
                raise UsageError(
                    f"--label {axis}=… names no axis of this sweep; its axes are {', '.join(axes) or 'none'}"
                )
