"""clips: a folder of captioned clips as a training source."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from animorch_clips.dataset import Clips

__all__ = ["folder"]


def folder(folder: str, **options: int | float | str | None) -> Clips:
    """The clips of a folder: `data.source=animorch_clips:folder`. Options: the fields of Clips.

    Raises UsageError with a sentence for every problem of the folder before anything is trained.
    """
    from animorch_clips.dataset import Clips

    return Clips(folder, **options)  # type: ignore[arg-type]
