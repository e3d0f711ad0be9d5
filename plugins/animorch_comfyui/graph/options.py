"""GraphOptions: what a user may say of a graph beside the spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from animorch_comfyui.further import FurtherMotion


@dataclass(frozen=True)
class GraphOptions:
    """Options of the backend that shape its graphs."""

    gen: Literal["auto", "gen1", "gen2"] = "auto"  # of AnimateDiff-Evolved's nodes
    noise: Literal["comfy", "auto1111"] = "comfy"  # one draw for the clip, or one a frame from seed + frame
    tiled_decode: bool = False
    video: str | None = None  # a film by the server itself besides the frames, such as h264-mp4
    fps: float = 8.0  # of that film
    motions: tuple[FurtherMotion, ...] = ()  # beside the spec's own, in the order in which they act
