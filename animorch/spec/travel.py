"""Prompt travel: at which frame which prompt is reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from animorch.spec.model import Frozen


class Travel(Frozen):
    """How a clip goes from one prompt to the next."""

    blend: Literal["linear", "slerp"] = Field("linear", description="Way between two prompts' embeddings.")
    hold: float = Field(0.0, ge=0, le=1, description="Share of the way for which a prompt stays whole.")
    closed_loop: bool = Field(False, description="After the last key go back to the first.")
    head: str = Field("", description="Said before every prompt.")
    tail: str = Field("", description="Said after every prompt.")


def frame_of(key: str | int, frames: int, fps: float | None = None) -> int:
    """The frame a travel key names: 12, "12", "50%" (of the clip) or "1.5s" (needs fps).

    Raises ValueError when the key is none of these or lies outside the clip.
    """
    text = str(key).strip()
    if text.endswith("s") and fps is None:
        raise ValueError(f"prompt_travel key {text!r} is in seconds and no fps is known here")
    try:
        if text.endswith("%"):
            frame = min(round(float(text[:-1]) / 100 * frames), frames - 1)
        elif text.endswith("s"):
            frame = round(float(text[:-1]) * (fps or 0))
        else:
            frame = int(text)
    except (ValueError, OverflowError) as error:  # overflow: an infinite share or time
        raise ValueError(
            f"prompt_travel key {text!r} is not a frame (12), a share (50%) or a time (1.5s)"
        ) from error
    if not 0 <= frame < frames:
        raise ValueError(f"prompt_travel key {text!r} is frame {frame}, outside a clip of {frames} frames")
    return frame


def by_frame(travel: Mapping[str | int, str], frames: int, fps: float | None = None) -> dict[int, str]:
    """Travel with every key resolved to a frame, in frame order; two prompts at one frame are refused."""
    resolved: dict[int, str] = {}
    for key, prompt in travel.items():
        frame = frame_of(key, frames, fps)
        if frame in resolved:
            raise ValueError(f"prompt_travel has two prompts at frame {frame}; keep one")
        resolved[frame] = str(prompt)
    return dict(sorted(resolved.items()))


def settled(travel: Any, frames: Any, fps: Any = None) -> Any:
    """`by_frame` of values nobody has checked yet; what cannot be read is left for the model to refuse."""
    if not isinstance(travel, Mapping):
        return travel
    try:
        count, rate = int(frames), None if fps is None else float(fps)
    except (TypeError, ValueError):
        return travel
    return by_frame(travel, count, rate)
