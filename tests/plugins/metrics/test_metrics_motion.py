from __future__ import annotations

import numpy as np
import pytest
from animorch_metrics import MotionAmount, TemporalFlicker
from hypothesis import given, settings
from hypothesis import strategies as some

from animorch import Clip
from animorch.testing import MetricContract
from tests.plugins.metrics.shots import SPEC, flickering, number, pan, texture


class TestTemporalFlicker(MetricContract):
    plugin = TemporalFlicker


class TestMotionAmount(MetricContract):
    plugin = MotionAmount


def test_a_still_picture_neither_moves_nor_flickers() -> None:
    clip = Clip(np.repeat(texture(96)[None], 5, axis=0))
    assert number(MotionAmount(), clip, "motion_amount") == 0
    assert number(MotionAmount(), clip, "motion_peak") == 0
    assert number(TemporalFlicker(), clip, "temporal_flicker") == 0


@settings(max_examples=15, deadline=None)
@given(step=some.integers(1, 24), angle=some.sampled_from([0.0, 0.5 * np.pi, np.pi, 1.5 * np.pi]))
def test_a_pan_of_k_pixels_reads_k_pixels(step: int, angle: float) -> None:
    found = number(MotionAmount(), pan(step, angle=angle), "motion_amount") * 128
    assert found == pytest.approx(step, rel=0.05, abs=0.1)


@settings(max_examples=6, deadline=None)
@given(step=some.integers(0, 20), more=some.integers(1, 8))
def test_a_larger_shift_reads_larger(step: int, more: int) -> None:
    less = number(MotionAmount(), pan(step), "motion_amount")
    assert number(MotionAmount(), pan(step + more), "motion_amount") > less


def test_the_size_of_the_clip_does_not_change_its_motion() -> None:
    small, large = pan(4, size=128), pan(12, size=384)
    found = [number(MotionAmount(), clip, "motion_amount") for clip in (small, large)]
    assert found[0] == pytest.approx(found[1], rel=0.1)


def test_a_small_thing_that_moves_shows_in_the_peak() -> None:
    frames = np.repeat(texture(128)[None], 5, axis=0)
    thing = texture(28, blur=2, seed=3)
    for t in range(5):
        frames[t, 50:78, 20 + 4 * t : 48 + 4 * t] = thing
    measures = MotionAmount().measure(Clip(frames), SPEC)
    assert measures["motion_peak"] * 128 == pytest.approx(4, rel=0.35)
    assert measures["motion_amount"] < 0.4 * measures["motion_peak"]


def test_series_have_one_number_a_pair() -> None:
    for frames, pairs in ((1, 0), (2, 1), (6, 5)):
        clip = pan(3, frames=frames)
        assert len(MotionAmount().measure(clip, SPEC)["motion_amount_by_pair"]) == pairs
        assert len(TemporalFlicker().measure(clip, SPEC)["temporal_flicker_by_pair"]) == pairs


def test_a_flicker_of_k_levels_reads_k_levels() -> None:
    clip = Clip(np.repeat(texture(96)[None] // 2 + 40, 6, axis=0))
    assert number(TemporalFlicker(), flickering(clip, 10), "temporal_flicker") == pytest.approx(
        10 / 255, rel=0.1
    )


def test_a_pan_hardly_flickers_and_a_flickering_pan_does() -> None:
    clip = pan(6)
    plain = np.abs(np.diff(clip.frames.astype(float).mean(axis=3), axis=0)).mean() / 255
    panned = number(TemporalFlicker(), clip, "temporal_flicker")
    assert panned < 0.2 * plain
    assert number(TemporalFlicker(), flickering(clip, 12), "temporal_flicker") > 2 * panned


def test_the_flickering_pair_stands_out() -> None:
    frames = pan(2, frames=6).frames.copy()
    frames[3] = np.clip(frames[3].astype(int) + 40, 0, 255)
    pairs = TemporalFlicker().measure(Clip(frames), SPEC)["temporal_flicker_by_pair"]
    assert isinstance(pairs, list)
    assert sorted(range(5), key=lambda pair: -pairs[pair])[:2] in ([2, 3], [3, 2])
