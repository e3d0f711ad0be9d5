"""minterpolate: ffmpeg's motion-compensated interpolation. No weights, any machine.

Source: ffmpeg-filters, "minterpolate". It stops two frames before the end (16 frames doubled are 29, not
31), so two copies of the last frame, or in a closed loop the frames that follow, are given to it behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from animorch import Clip, MediaError, filtered
from animorch_interpolate.interpolator import Interpolator

if TYPE_CHECKING:
    import numpy as np

    Frames = np.ndarray[Any, Any]

_TAIL = 2  # frames that the filter swallows
_SIDE = 32  # pixels: it refuses a picture smaller than two of its blocks of 16
_MODES = {
    "overlapped": "mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1",
    "blocks": "mi_mode=mci:mc_mode=obmc:me_mode=bilat",
}


class Minterpolate(Interpolator):
    """Blocks of 16 pixels are followed from frame to frame and drawn on their way."""

    name: ClassVar[str] = "minterpolate"

    mode: Literal["overlapped", "blocks"] = Field(
        "overlapped", description="overlapped: finer, with blocks of changing size; blocks: faster."
    )
    search: int = Field(32, ge=4, le=512, description="How far a block is looked for, in pixels.")

    def between(self, ends: Frames) -> Frames:
        """As Interpolator asks; raises MediaError when ffmpeg has no such filter."""
        import numpy as np

        behind = ends[1 : 1 + _TAIL] if self.closed_loop else ends[-1:]
        tail = np.resize(behind, (_TAIL, *ends.shape[1:]))
        made = self._filtered(np.concatenate([ends, tail]))
        needed = (len(ends) - 1) * self.factor + 1
        if len(made) < needed:
            raise MediaError(
                f"minterpolate gave {len(made)} frames where {needed} were needed; use blend, and report it"
            )
        gaps = made[: needed - 1].reshape(len(ends) - 1, self.factor, *ends.shape[1:])
        return np.ascontiguousarray(gaps[:, 1:])

    def _filtered(self, frames: Frames) -> Frames:
        import numpy as np

        height, width = frames.shape[1:3]
        rims = [(0, max(_SIDE - side, 0) + max(side, _SIDE) % 2) for side in (height, width)]
        wide = np.pad(frames, [(0, 0), *rims, (0, 0)], mode="edge")
        # at 1 fps its rates are whole, and scene changes are not looked for: a gap is filled, whatever it is
        words = f"minterpolate=fps={self.factor}:{_MODES[self.mode]}:search_param={self.search}:scd=none"
        made = filtered(Clip(wide, 1.0), f"format=yuv444p,{words}").frames
        return made[:, :height, :width]
