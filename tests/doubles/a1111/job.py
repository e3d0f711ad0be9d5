"""Job: what became of one generation request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.a1111.pixels import Frames


@dataclass
class Job:
    """One POST to txt2img or img2img, in the order of their arrival."""

    number: int
    route: str
    body: Mapping[str, Any]
    fault: str = ""  # what the mood did to it
    status: int = 0  # 0 while it waits or runs
    outcome: str = "waiting"  # "running", "done", or what went wrong in a word or two
    corrections: list[str] = field(default_factory=list)  # what the server silently used otherwise than asked
    checkpoint: str = ""  # file of the loaded checkpoint
    interrupted: bool = False
    gone: bool = False  # the client did not stay for the reply
    steps_done: int = 0
    frames: Frames | None = None  # (T, H, W, 3) as sent, also where the reply had only a video
    settings: Mapping[str, Any] = field(default_factory=dict)  # at work, overrides in them

    @property
    def right(self) -> bool:
        """Whether the reply holds the clip that was asked for, whole; no other may be accepted."""
        return self.outcome == "done" and not self.corrections and not self.interrupted

    @property
    def heal(self) -> bool:
        return self.body.get("steps") == 1
