"""seamless: a clip that loops without a jump, because its end fades into its beginning."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from animorch import Clip, PostStep


class Seamless(PostStep):
    """T frames become T - overlap: the last `overlap` are faded into the first ones.

    Of a short clip no more than half is faded. A scene that has moved on shows double while it fades;
    a window with closed_loop=true renders a loop, and boomerang plays one back.
    """

    name: ClassVar[str] = "seamless"

    overlap: int = Field(4, ge=1, description="Frames that are faded.")

    def apply(self, clip: Clip) -> Clip:
        import numpy as np

        count = min(self.overlap, len(clip) // 2)
        if count == 0:
            return Clip(clip.frames.copy(), clip.fps)
        share = (np.arange(1, count + 1, dtype=np.float32) / (count + 1))[:, None, None, None]
        faded = clip.frames[-count:] * (1 - share) + clip.frames[:count] * share
        kept = clip.frames[count : len(clip) - count]
        return Clip(np.concatenate([np.rint(faded).astype(np.uint8), kept]), clip.fps)
