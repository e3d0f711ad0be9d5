"""colour_match: every frame in the colours of the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from animorch import Clip, PostStep
from animorch_finish import lab

if TYPE_CHECKING:
    import numpy as np


class ColourMatch(PostStep):
    """Mean and deviation of each of L*, a* and b* become those of the first frame.

    Source: Reinhard et al., "Color Transfer between Images" (IEEE CG&A 21(5), 2001), in CIELAB instead of
    its l-alpha-beta. It undoes drift into brown or grey; a scene meant to change colour is changed back too.
    """

    name: ClassVar[str] = "colour_match"

    strength: float = Field(1.0, ge=0, le=1, description="0 leaves the clip as it is, 1 matches in full.")

    def apply(self, clip: Clip) -> Clip:
        import numpy as np

        mean, spread = _facts(lab.of_rgb(clip.frames[0]))
        made = [clip.frames[0]]
        for frame in clip.frames[1:]:
            colours = lab.of_rgb(frame)
            own_mean, own_spread = _facts(colours)
            matched = (colours - own_mean) * (spread / np.maximum(own_spread, 1e-3)) + mean
            made.append(lab.to_rgb(colours + (matched - colours) * self.strength))
        return Clip(np.stack(made), clip.fps)


def _facts(colours: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    return colours.mean(axis=(0, 1)), colours.std(axis=(0, 1))
