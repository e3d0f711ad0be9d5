"""A clip through ffmpeg's filters, and the palette of a GIF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from animorch import Clip, MediaError, filtered
from animorch.media import decode, encode, palette
from animorch.testing import moving_clip


def test_filters_change_size_and_rate_and_leave_the_clip_alone() -> None:
    clip = moving_clip(4).at(12.0)
    before = clip.frames.copy()
    made = filtered(clip, "scale=20:10:flags=neighbor,setpts=N,fps=24")
    assert (made.width, made.height, made.fps) == (20, 10, 24.0)
    assert np.array_equal(filtered(clip, "null").frames, before)
    assert np.array_equal(clip.frames, before)


def test_what_a_pass_leaves_is_there_for_the_next() -> None:
    made = filtered(moving_clip(3, 96, 80), "vidstabdetect=result=moves", "vidstabtransform=input=moves")
    assert made.frames.shape == (3, 80, 96, 3)


@pytest.mark.parametrize(("filters", "said"), [("no_such", "no filter no_such"), ("scale=-7:bad", "scale")])
def test_a_filter_that_fails_is_named_in_one_sentence(filters: str, said: str) -> None:
    with pytest.raises(MediaError, match=said) as told:
        filtered(moving_clip(2), filters)
    assert "\n" not in str(told.value)


@settings(max_examples=15, deadline=None)
@given(some.integers(1, 300), some.integers(1, 255), some.integers(0, 5))
def test_a_palette_is_no_larger_than_asked_and_has_few_colours_exactly(
    count: int, colours: int, seed: int
) -> None:
    sample = np.random.default_rng(seed).integers(0, 256, (count, 3), np.uint8)
    found = palette.of_pixels(sample, colours, 2)
    assert 1 <= len(found) <= colours
    frame = np.tile(sample[:1], (4, 4, 1, 1)).reshape(4, 4, 3)
    assert palette.indices(frame, found).max() < len(found)


def test_a_gif_of_a_gradient_has_no_bands(tmp_path: Path) -> None:
    down, across = np.mgrid[0:96, 0:256]
    ramp = np.stack([across, across // 2 + down, 255 - across], -1).clip(0, 255).astype(np.uint8)
    encode(Clip(np.stack([ramp, ramp])), tmp_path / "clip.gif", {})
    back = decode(tmp_path / "clip.gif").frames
    soft = [
        frames[:, :96, :256].reshape(-1, 12, 8, 32, 8, 3).mean(axis=(2, 4)) for frames in (back, ramp[None])
    ]
    off = np.abs(soft[0] - soft[1])  # a band would put whole patches off by half the steps of 255 colours, 8
    assert off.mean() < 1
    assert off.max() < 6
    assert np.array_equal(back[0], back[1]), "a still clip flickers"
