"""Goldens of the window schedules as animatediff-cli and AnimateDiff-Evolved ship them, and what all keep."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from animorch import Window


def run(start: int, end: int) -> list[int]:
    return list(range(start, end + 1))


def starts(window: Window, step: int, frames: int) -> list[int]:
    return [members[0] for members in window.at_step(step, frames)]


def test_24_frames_take_two_windows_that_wander() -> None:
    window = Window(length=16, overlap=4)
    assert window.at_step(0, 24) == [run(0, 15), run(12, 23) + run(0, 3)]
    assert window.at_step(1, 24) == [run(12, 23) + run(0, 3), run(0, 15)]


def test_32_frames_at_step_2_start_at_8_20_and_0() -> None:
    assert Window(length=16, overlap=4).at_step(2, 32) == [run(8, 23), run(20, 31) + run(0, 3), run(0, 15)]


def test_three_levels_of_stride_space_their_windows_1_2_and_4() -> None:
    window = Window(length=8, overlap=2, stride_levels=3, closed_loop=True)
    assert starts(window, 0, 32) == [0, 6, 12, 18, 24, 30, 0, 14, 28, 0, 30]
    spacing = [(members[1] - members[0]) % 32 for members in window.at_step(0, 32)]
    assert spacing == [1] * 6 + [2] * 3 + [4] * 2


CALLS = {  # frames: closed windows at the first step with 1, 2 and 3 levels, 16 frames overlapping by 4
    16: (1, 1, 1), 24: (2, 3, 3), 32: (3, 5, 5), 48: (4, 6, 7),
    64: (6, 9, 11), 96: (8, 12, 14), 128: (11, 16, 19), 256: (22, 32, 37),
}  # fmt: skip


@pytest.mark.parametrize("frames", CALLS)
def test_the_cost_table_holds(frames: int) -> None:
    found = [Window(stride_levels=levels, closed_loop=True).calls(frames, 1) for levels in (1, 2, 3)]
    assert tuple(found) == CALLS[frames]


def test_long_windows_cost_as_listed() -> None:
    window = Window(length=32, overlap=8, closed_loop=True)
    assert [window.calls(frames, 1) for frames in (16, 24, 32, 48, 64, 96, 128, 256)] == [
        1,
        1,
        1,
        2,
        3,
        4,
        6,
        11,
    ]


def test_an_open_clip_saves_the_windows_over_the_seam() -> None:
    assert [Window().calls(frames, 1) for frames in CALLS] == [1, 2, 3, 4, 5, 8, 11, 21]


def test_a_clip_no_longer_than_the_window_is_one_window() -> None:
    assert Window(length=16).at_step(5, 16) == [run(0, 15)]
    assert Window(length=16).at_step(5, 9) == [run(0, 8)]


@given(
    frames=some.integers(1, 200),
    length=some.integers(1, 40),
    overlap=some.integers(0, 39),
    levels=some.integers(1, 4),
    closed=some.booleans(),
    step=some.integers(0, 40),
)
def test_every_frame_is_in_a_window_at_every_step(
    frames: int, length: int, overlap: int, levels: int, closed: bool, step: int
) -> None:
    window = Window(length=length, overlap=overlap % length, stride_levels=levels, closed_loop=closed)
    windows = window.at_step(step, frames)
    assert {frame for members in windows for frame in members} == set(range(frames))
    assert all(len(members) == min(length, frames) for members in windows)


@given(frames=some.integers(17, 120), step=some.integers(0, 24), levels=some.integers(1, 3))
def test_a_closed_loop_has_the_open_one_s_windows_and_maybe_more(frames: int, step: int, levels: int) -> None:
    def windows(closed: bool) -> Counter[tuple[int, ...]]:
        window = Window(stride_levels=levels, closed_loop=closed)
        return Counter(tuple(members) for members in window.at_step(step, frames))

    assert windows(False) <= windows(True)


SCHEDULES = ("looped_uniform", "uniform", "static", "batched")
FUSES = ("flat", "pyramid", "relative", "overlap_linear")


@given(
    frames=some.integers(1, 200),
    length=some.integers(1, 40),
    overlap=some.integers(0, 39),
    levels=some.integers(1, 4),
    schedule=some.sampled_from(SCHEDULES),
    fuse=some.sampled_from(FUSES),
    step=some.integers(0, 40),
)
def test_under_every_schedule_each_frame_s_shares_sum_to_one(
    frames: int, length: int, overlap: int, levels: int, schedule: str, fuse: str, step: int
) -> None:
    window = Window(
        length=length,
        overlap=overlap % length,
        stride_levels=levels if "uniform" in schedule else 1,
        schedule=schedule,
        fuse=fuse,
    )
    windows = window.at_step(step, frames)
    assert all(0 <= frame < frames for members in windows for frame in members)
    assert all(len(members) <= length for members in windows)
    total = [0.0] * frames
    for members, shares in zip(windows, window.shares(windows, frames), strict=True):
        assert all(share > 0 for share in shares)
        for frame, share in zip(members, shares, strict=True):
            total[frame] += share
    assert total == pytest.approx([1.0] * frames)


@given(
    frames=some.integers(2, 200),
    length=some.integers(2, 40),
    overlap=some.integers(0, 39),
    levels=some.integers(1, 4),
    schedule=some.sampled_from(SCHEDULES[1:]),
    step=some.integers(0, 40),
)
def test_only_the_looped_schedule_runs_over_the_seam(
    frames: int, length: int, overlap: int, levels: int, schedule: str, step: int
) -> None:
    levels = levels if schedule == "uniform" else 1
    window = Window(length=length, overlap=overlap % length, stride_levels=levels, schedule=schedule)
    windows = window.at_step(step, frames)
    assert all(members == sorted(set(members)) for members in windows)
    assert len({tuple(members) for members in windows}) == len(windows)


def test_uniform_pulls_windows_over_the_seam_back_to_the_end() -> None:
    window = Window(length=16, overlap=4, schedule="uniform")
    assert window.at_step(0, 24) == [run(0, 15), run(8, 23)]
    assert window.at_step(1, 24) == [run(8, 23), run(0, 15)]
    assert window.at_step(2, 32) == [run(8, 23), run(16, 31), run(0, 15)]


def test_uniform_fills_the_gap_that_pulling_back_leaves() -> None:
    window = Window(length=4, overlap=0, schedule="uniform")
    assert window.at_step(2, 10) == [run(2, 5), run(6, 9), run(0, 3)]


def test_static_begins_at_0_and_pulls_the_last_window_back() -> None:
    window = Window(length=16, overlap=4, schedule="static")
    assert [members[0] for members in window.at_step(7, 64)] == [0, 12, 24, 36, 48]
    assert [members[0] for members in window.at_step(0, 30)] == [0, 12, 14]


def test_batched_cuts_without_overlap_and_the_last_is_short() -> None:
    window = Window(length=16, schedule="batched")
    assert window.at_step(3, 40) == [run(0, 15), run(16, 31), run(32, 39)]


@pytest.mark.parametrize(
    ("fuse", "count", "weights"),
    [
        ("flat", 4, [1, 1, 1, 1]),
        ("pyramid", 4, [1, 2, 2, 1]),
        ("pyramid", 5, [1, 2, 3, 2, 1]),
        ("relative", 5, [0.01, 1 - 1 / 2.005, 1, 1 - 1 / 2.005, 0.01]),
        ("overlap_linear", 8, [0, 1 / 2, 1, 1, 1, 1, 1 / 2, 0]),
    ],
)
def test_a_window_in_the_middle_is_weighted_as_its_fuse_method_says(
    fuse: str, count: int, weights: list[float]
) -> None:
    window = Window(length=count, overlap=3 if fuse == "overlap_linear" else 0, fuse=fuse)
    assert window.weights(run(2, count + 1), 100) == pytest.approx(weights)


def test_overlap_linear_has_no_ramp_where_the_clip_begins_or_ends() -> None:
    window = Window(length=4, overlap=2, fuse="overlap_linear")
    assert window.weights(run(0, 3), 8) == pytest.approx([1, 1, 1, 0])
    assert window.weights(run(4, 7), 8) == pytest.approx([0, 1, 1, 1])


def test_the_usual_schedule_by_name_is_the_default_and_is_named_among_the_others() -> None:
    assert Window(schedule="looped_uniform") == Window()
    with pytest.raises(ValidationError, match="'looped_uniform', 'uniform', 'static' or 'batched'"):
        Window.model_validate({"schedule": "looped"})


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"schedule": "static", "closed_loop": True}, "needs windows that run over the seam"),
        ({"schedule": "batched", "stride_levels": 2}, "has no effect on window.schedule=batched"),
    ],
)
def test_a_schedule_refuses_what_it_does_not_have(fields: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Window.model_validate(fields)


def test_an_overlap_as_long_as_the_window_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"lower window\.overlap"):
        Window(length=4, overlap=4)
