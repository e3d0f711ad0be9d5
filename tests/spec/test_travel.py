from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from animorch.spec.travel import by_frame, frame_of


@pytest.mark.parametrize(
    ("key", "frame"),
    [
        (0, 0),
        ("12", 12),
        (" 7 ", 7),
        ("0%", 0),
        ("50%", 8),
        ("100%", 15),
        ("12.5%", 2),
        ("1s", 8),
        ("0.5s", 4),
    ],
)
def test_a_key_is_a_frame_a_share_or_a_time(key: Any, frame: int) -> None:
    assert frame_of(key, 16, fps=8) == frame


@pytest.mark.parametrize("key", ["soon", "", "s", "%", "1.5", "nan%", "inf%", "infs", "1e999s"])
def test_a_key_that_is_none_of_these_is_named(key: str) -> None:
    with pytest.raises(ValueError, match="prompt_travel key"):
        frame_of(key, 16, fps=8)


@pytest.mark.parametrize("key", [16, -1, "2s", "-1s", "-20%"])
def test_a_key_outside_the_clip_is_refused_with_the_clip_s_length(key: Any) -> None:
    with pytest.raises(ValueError, match="outside a clip of 16 frames"):
        frame_of(key, 16, fps=8)


def test_seconds_need_a_rate() -> None:
    with pytest.raises(ValueError, match="no fps is known"):
        frame_of("1s", 16)


def test_two_prompts_at_one_frame_are_refused() -> None:
    with pytest.raises(ValueError, match="two prompts at frame 8"):
        by_frame({"50%": "a", 8: "b"}, 16)


@given(some.integers(1, 300), some.floats(0, 100))
def test_every_share_lies_in_the_clip(frames: int, percent: float) -> None:
    assert 0 <= frame_of(f"{percent}%", frames) < frames


@given(some.dictionaries(some.integers(0, 63), some.text()))
def test_travel_comes_out_in_frame_order_and_twice_is_once(travel: dict[int, str]) -> None:
    once = by_frame({str(key): prompt for key, prompt in travel.items()}, 64)
    assert list(once) == sorted(travel)
    assert by_frame(once, 64) == once == travel
