"""boomerang: a post-step that plays a clip forwards, then backwards, so that it loops without a jump."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from animorch import Clip, PostStep, hookimpl


class Boomerang(PostStep):
    """Forwards, then backwards without the two end frames, which would otherwise be shown twice.

    T frames become loops x (2T - 2); one frame becomes `loops` frames. fps stays, so T = 16 at 8 fps
    becomes 30 frames and 3.75 s.
    """

    name: ClassVar[str] = "boomerang"
    version: ClassVar[str] = "1"

    loops: int = Field(1, ge=1, description="Times to go forwards and back.")

    def apply(self, clip: Clip) -> Clip:
        """The clip there and back, `loops` times."""
        import numpy as np

        there_and_back = [*range(len(clip)), *range(len(clip) - 2, 0, -1)]
        return Clip(clip.frames[np.tile(there_and_back, self.loops)], clip.fps)


@hookimpl
def animorch_post_steps() -> list[type[PostStep]]:
    return [Boomerang]
