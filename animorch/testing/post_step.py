"""PostStepContract: what every post-step keeps."""

from __future__ import annotations

from animorch.clip import Clip
from animorch.testing.material import moving_clip, same
from animorch.testing.plugin import PluginContract


class PostStepContract(PluginContract):
    """What every post-step keeps."""

    def test_the_clip_given_is_left_as_it_is(self) -> None:
        clip = moving_clip()
        before = clip.frames.copy()
        self.make().apply(clip)
        assert (clip.frames == before).all(), "apply() changed the clip it was given; work on a copy"

    def test_the_same_clip_gives_the_same_clip(self) -> None:
        first, again = self.make().apply(moving_clip()), self.make().apply(moving_clip())
        assert same(first, again), "one clip became two different ones"
        assert first.fps == again.fps, f"one clip was given two rates: {first.fps} and {again.fps}"

    def test_short_and_odd_clips_are_taken(self) -> None:
        for frames in (1, 2, 3):
            out = self.make().apply(moving_clip(frames, 33, 21))
            assert isinstance(out, Clip), f"apply() returned {type(out).__name__}, not a Clip"
