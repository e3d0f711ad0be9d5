"""InterpolatorContract: what every post-step that makes frames between others keeps."""

from __future__ import annotations

from itertools import product
from typing import Any, ClassVar

from animorch.clip import Clip
from animorch.testing.material import moving_clip
from animorch.testing.post_step import PostStepContract


class InterpolatorContract(PostStepContract):
    """Options `factor`, `slow_motion`, `closed_loop`; counts, rates, durations and the frames given.

    A slow one lowers `factors` or `lengths`, or makes `size` smaller.
    """

    factors: ClassVar[tuple[int, ...]] = (1, 2, 3, 4, 5, 6)
    lengths: ClassVar[tuple[int, ...]] = (1, 2, 4)
    size: ClassVar[tuple[int, int]] = (37, 22)  # width, height
    still_error: ClassVar[int] = 2  # grey levels that a flat grey may be off by; 255 for untrained weights

    def interpolated(self, clip: Clip, **options: Any) -> Clip:
        """The clip after an instance with these options besides those of the suite."""
        made: Clip = self.plugin.model_validate({**self.options, **options}).apply(clip)
        return made

    def test_the_count_is_right_and_the_frames_given_are_kept_bit_by_bit(self) -> None:
        for factor, frames, loop in product(self.factors, self.lengths, (False, True)):
            clip = moving_clip(frames, *self.size)
            made = self.interpolated(clip, factor=factor, closed_loop=loop)
            wanted = frames * factor if loop else (frames - 1) * factor + 1
            told = f"factor {factor}, {frames} frames, closed_loop {loop}"
            assert len(made) == wanted, f"{told}: {len(made)} frames instead of {wanted}"
            assert (made.frames[::factor] == clip.frames).all(), f"{told}: a frame given was changed"

    def test_slow_motion_changes_the_rate_and_nothing_else(self) -> None:
        clip = moving_clip(2, *self.size).at(12.0)
        for factor, slow in ((6, 3.0), (2, 1.5)):
            plain = self.interpolated(clip, factor=factor)
            made = self.interpolated(clip, factor=factor, slow_motion=slow)
            assert made.fps == 12.0 * factor / slow, f"factor {factor}, slow_motion {slow}: {made.fps} fps"
            assert (made.frames == plain.frames).all(), "slow_motion changed the pictures"

    def test_a_closed_loop_lasts_exactly_slow_motion_times_as_long(self) -> None:
        clip = moving_clip(3, *self.size).at(8.0)
        for slow in (1.0, 2.0):
            made = self.interpolated(clip, factor=2, slow_motion=slow, closed_loop=True)
            assert abs(made.seconds - clip.seconds * slow) < 1e-9, f"{made.seconds} s of {clip.seconds} s"

    def test_what_lies_between_equal_frames_is_nearly_that_frame(self) -> None:
        import numpy as np

        still = np.full((2, *reversed(self.size), 3), 90, np.uint8)
        made = self.interpolated(Clip(still), factor=2)
        assert abs(made.frames[1].astype(int) - 90).max() <= self.still_error, "a still clip began to move"
