"""Window: sliding context windows over a clip longer than the motion module's table."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, log2
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from animorch.spec.model import Frozen

Fuse = Literal["flat", "pyramid", "relative", "overlap_linear"]
Schedule = Literal["looped_uniform", "uniform", "static", "batched"]
_FAINT = (
    1e-37  # weight at the outer end of overlap_linear's ramp: never nothing, so that no frame is left out
)


class Window(Frozen):
    """Windows over the frames of a clip: where they lie at each step, and how much each has to say.

    Schedules as AnimateDiff-Evolved names them (animatediff/context.py): looped_uniform (also
    animatediff-cli's and A1111's) wanders and runs over the seam; uniform wanders without running over it;
    static stays; batched stays and does not overlap.
    """

    length: int = Field(16, ge=1, le=128, description="Frames in a window.")
    overlap: int = Field(4, ge=0, description="Frames shared by neighbouring windows.")
    stride_levels: int = Field(1, ge=1, le=8, description="Spacings used: 1, 2, 4 … frames.")
    closed_loop: bool = Field(False, description="Windows run over the seam, so the clip loops.")
    fuse: Fuse = Field("flat", description="Weights of a frame inside the windows that hold it.")
    schedule: Schedule | None = Field(
        None, description="Where windows lie: looped_uniform (null), uniform, static, batched."
    )

    @field_validator("schedule", mode="before")
    @classmethod
    def _usual_is_null(cls, schedule: Any) -> Any:
        """So that the default keeps the render keys that it had before there was a choice."""
        return None if schedule == "looped_uniform" else schedule

    @model_validator(mode="after")
    def _overlap_is_shorter(self) -> Window:
        if self.overlap >= self.length:
            raise ValueError(
                f"overlap {self.overlap} must be below length {self.length}, "
                "or the window never moves; lower window.overlap"
            )
        return self

    @model_validator(mode="after")
    def _schedule_has_what_is_asked(self) -> Window:
        if self.closed_loop and self.schedule is not None:
            raise ValueError(
                f"window.closed_loop=true needs windows that run over the seam and window.schedule="
                f"{self.schedule} has none; use window.schedule=looped_uniform"
            )
        if self.stride_levels > 1 and self.schedule in ("static", "batched"):
            raise ValueError(
                f"window.stride_levels={self.stride_levels} has no effect on window.schedule="
                f"{self.schedule}; set it to 1, or use looped_uniform or uniform"
            )
        return self

    def at_step(self, step: int, frames: int) -> list[list[int]]:
        """Frame numbers of each window at denoising step `step` (counted from 0); every frame is in one."""
        if frames <= self.length:
            return [list(range(frames))]
        if self.schedule == "static":
            return self._static(frames)
        if self.schedule == "batched":
            return [list(range(at, min(at + self.length, frames))) for at in range(0, frames, self.length)]
        return self._unlooped(step, frames) if self.schedule == "uniform" else self._looped(step, frames)

    def _looped(self, step: int, frames: int) -> list[list[int]]:
        """The 64-bit bit-reversal of the step shifts the windows so that seams wander.

        neggles/animatediff-cli, context.py: `uniform`.
        """
        levels = min(self.stride_levels, ceil(log2(frames / self.length)) + 1)
        if self.schedule == "uniform":  # a window that is longer than the clip cannot lie without looping
            levels = sum((self.length - 1) << level < frames for level in range(levels))
        wander = int(f"{step:064b}"[::-1], 2) / 2**64
        return [
            [(start + place * spacing) % frames for place in range(self.length)]
            for spacing in (1 << level for level in range(levels))
            for start in self._starts(frames, spacing, wander)
        ]

    def _starts(self, frames: int, spacing: int, wander: float) -> range:
        pad = round(frames * wander)
        first, end = int(wander * spacing) + pad, frames + pad
        return range(
            first, end - (0 if self.closed_loop else self.overlap), self.length * spacing - self.overlap
        )

    def _unlooped(self, step: int, frames: int) -> list[list[int]]:
        """AnimateDiff-Evolved's standard uniform: windows over the seam are pulled back to the clip's end.

        Where the window that follows does not hold the first frame that this uncovers, one is put there;
        windows alike are kept once. (Several stride levels can still leave frames out there; not here.)
        """
        looped = self._looped(step, frames)
        windows: list[list[int]] = []
        for place, members in enumerate(looped):
            head = _after_seam(members)
            if head is None:
                windows.append(members)
                continue
            windows.append(self._at_end((members[1] - members[0]) % frames, frames))
            follows = looped[place + 1] if place + 1 < len(looped) else windows[0]
            if head not in follows:
                windows.append(list(range(head, head + self.length)))
        held = {frame for members in windows for frame in members}
        while missing := [frame for frame in range(frames) if frame not in held]:
            start = min(missing[0], frames - self.length)
            windows.append(list(range(start, start + self.length)))
            held.update(windows[-1])
        return _each_once(windows)

    def _at_end(self, spacing: int, frames: int) -> list[int]:
        return list(range(frames - 1 - spacing * (self.length - 1), frames, spacing))

    def _static(self, frames: int) -> list[list[int]]:
        """AnimateDiff-Evolved's standard static: evenly from frame 0 on, the last pulled back to the end."""
        last = frames - self.length
        starts = [*range(0, last, self.length - self.overlap), last]
        return [list(range(start, start + self.length)) for start in starts]

    def weights(self, members: list[int], frames: int) -> list[float]:
        """What each place of a window weighs against other windows (AnimateDiff-Evolved's fuse methods).

        pyramid: 1 … n/2 … 1. relative: distance from the window's ends, at least 0.01. overlap_linear: ramps
        over the overlap, but not where the clip itself begins or ends.
        """
        count = len(members)
        if self.fuse == "pyramid":
            return [float(min(place + 1, count - place)) for place in range(count)]
        if self.fuse == "relative":
            half, middle = (count - 1 + 0.01) / 2, (count - 1) / 2
            return [max(0.01, 1 - abs(place - middle) / half) for place in range(count)]
        if self.fuse == "overlap_linear":
            begins, ends = members[0] == 0, members[-1] == frames - 1
            return [
                min(1.0 if begins else self._ramp(place), 1.0 if ends else self._ramp(count - 1 - place))
                for place in range(count)
            ]
        return [1.0] * count

    def _ramp(self, place: int) -> float:
        """From nearly 0 to 1 over the overlap; `place` counts from the window's edge."""
        if place >= self.overlap:
            return 1.0
        return max(_FAINT, place / (self.overlap - 1)) if self.overlap > 1 else _FAINT

    def shares(self, windows: list[list[int]], frames: int) -> list[list[float]]:
        """The weights of each window's places, such that those of every frame sum to one."""
        weighed = [self.weights(members, frames) for members in windows]
        total = [0.0] * frames
        for members, weights in zip(windows, weighed, strict=True):
            for frame, weight in zip(members, weights, strict=True):
                total[frame] += weight
        return [
            [weight / total[frame] for frame, weight in zip(members, weights, strict=True)]
            for members, weights in zip(windows, weighed, strict=True)
        ]

    def calls(self, frames: int, steps: int) -> int:
        """UNet calls that `steps` denoising steps take over `frames` frames, one branch."""
        return sum(len(self.at_step(step, frames)) for step in range(steps))


def _after_seam(members: list[int]) -> int | None:
    """The first frame behind the seam of a window that runs over it; None when it does not."""
    return next((after for before, after in pairwise(members) if after < before), None)


def _each_once(windows: list[list[int]]) -> list[list[int]]:
    return [list(members) for members in dict.fromkeys(tuple(members) for members in windows)]
