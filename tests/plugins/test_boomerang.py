from __future__ import annotations

import numpy as np
import pytest
from animorch_boomerang import Boomerang
from hypothesis import given
from hypothesis import strategies as some

from animorch import Clip
from animorch.testing import PostStepContract


class TestBoomerang(PostStepContract):
    plugin = Boomerang


def numbered(frames: int) -> Clip:
    """A clip whose every pixel is its frame's number."""
    return Clip(
        np.arange(frames, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8), 12.0
    )


def order(clip: Clip) -> list[int]:
    return [int(frame[0, 0, 0]) for frame in clip.frames]


def test_it_goes_back_without_doubling_the_end_frames() -> None:
    assert order(Boomerang().apply(numbered(4))) == [0, 1, 2, 3, 2, 1]


def test_loops_repeat_the_whole_way() -> None:
    assert order(Boomerang(loops=2).apply(numbered(3))) == [0, 1, 2, 1, 0, 1, 2, 1]


@given(some.integers(2, 40), some.integers(1, 4))
def test_the_count_is_the_documented_one_and_neighbours_always_differ(frames: int, loops: int) -> None:
    out = order(Boomerang(loops=loops).apply(numbered(frames)))
    assert len(out) == loops * (2 * frames - 2)
    assert all(abs(a - b) == 1 for a, b in zip(out, out[1:] + out[:1], strict=True))


@pytest.mark.parametrize("loops", [1, 3])
def test_a_single_frame_is_shown_once_a_loop(loops: int) -> None:
    assert order(Boomerang(loops=loops).apply(numbered(1))) == [0] * loops


def test_the_rate_stays() -> None:
    assert Boomerang().apply(numbered(5)).fps == 12.0
