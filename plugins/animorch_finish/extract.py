"""extract: some of the frames."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from animorch import BackendError, Clip, PostStep


class Extract(PostStep):
    """Named frames at the rate they had, or every n-th at 1/n of it, so that the clip lasts as long."""

    name: ClassVar[str] = "extract"

    frames: tuple[int, ...] = Field((), description="Frames by number, as [0,8,-1]; -1 is the last.")
    every: int = Field(1, ge=1, description="Every n-th frame, from the first.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Extract:
        if self.frames and self.every > 1:
            raise ValueError(f"frames={list(self.frames)} and every={self.every} are two ways; give one")
        return self

    def apply(self, clip: Clip) -> Clip:
        """The frames kept; raises BackendError for a number that the clip does not have."""
        if not self.frames:
            return Clip(clip.frames[:: self.every].copy(), clip.fps / self.every)
        if beyond := [place for place in self.frames if not -len(clip) <= place < len(clip)]:
            raise BackendError(
                f"post.extract.frames names frame {beyond[0]} and the clip has {len(clip)} "
                f"(0 to {len(clip) - 1}); correct the number"
            )
        return Clip(clip.frames[list(self.frames)], clip.fps)
