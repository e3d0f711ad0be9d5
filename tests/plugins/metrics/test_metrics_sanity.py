"""Numbers that are known by how a clip was made."""

from __future__ import annotations

import numpy as np
import pytest
from animorch_metrics import (
    Banding,
    ColourDrift,
    DeadFrames,
    FrameConsistency,
    LongRangeDrift,
    LoopSeam,
    MotionAmount,
    Sharpness,
    TemporalFlicker,
)
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image, ImageFilter

from animorch import Clip, Measure
from animorch.registry import measures, offers
from animorch.testing import MetricContract, moving_clip
from tests.plugins.metrics.shots import SPEC, noisy, number, pan, repeated, shuffled, still, texture


class TestBanding(MetricContract):
    plugin = Banding


class TestDeadFrames(MetricContract):
    plugin = DeadFrames


class TestFrameConsistency(MetricContract):
    plugin = FrameConsistency


class TestLongRangeDrift(MetricContract):
    plugin = LongRangeDrift


class TestLoopSeam(MetricContract):
    plugin = LoopSeam


class TestSharpness(MetricContract):
    plugin = Sharpness


def test_no_two_metrics_use_one_key() -> None:
    keys = [key for cls in offers("metrics").values() for key in cls.measures]
    assert len(keys) == len(set(keys))


OURS = (Banding, ColourDrift, DeadFrames, FrameConsistency, LongRangeDrift, LoopSeam)


@pytest.mark.parametrize("plugin", [*OURS, MotionAmount, Sharpness, TemporalFlicker])
def test_every_number_is_explained_to_people_and_to_the_viewer(plugin: type) -> None:
    assert plugin().measure(moving_clip(), SPEC).keys() == plugin.measures.keys()
    assert measures().items() >= plugin.measures.items()


def test_the_registry_says_which_way_is_better() -> None:
    assert measures()["temporal_flicker"] == Measure("luma", "lower", 0, 1)
    assert measures()["likeness_to_first"].better == "higher"
    assert measures()["motion_amount"].better is None


def test_a_still_clip_is_steady_in_every_respect() -> None:
    clip = repeated(texture(96))
    assert number(TemporalFlicker(), clip, "temporal_flicker") == 0
    assert number(MotionAmount(), clip, "motion_amount") == 0
    assert number(FrameConsistency(), clip, "likeness_to_previous") == pytest.approx(1)
    assert number(FrameConsistency(), clip, "likeness_to_first") == pytest.approx(1)
    assert number(LongRangeDrift(), clip, "long_range_drift") == 0
    assert number(Sharpness(), clip, "sharpness_drift") == 0
    assert LoopSeam().measure(clip, SPEC) == {"loop_seam_error": 0, "loop_seam_ratio": 1}
    assert number(DeadFrames(), clip, "frozen_frames") == 1


def test_shuffled_frames_are_worse_than_ordered_ones() -> None:
    dusk = np.linspace(0, 40, 10)[:, None, None, None]
    clip = Clip((pan(3, frames=10).frames * 0.7 + dusk).astype(np.uint8))
    for metric, key, sign in (
        (TemporalFlicker(), "temporal_flicker", 1),
        (MotionAmount(), "motion_amount", 1),
        (FrameConsistency(), "likeness_to_previous", -1),
    ):
        ordered, mixed = (sign * number(metric, one, key) for one in (clip, shuffled(clip)))
        assert ordered < mixed, key


@settings(max_examples=8, deadline=None)
@given(seed=some.integers(0, 2**16), less=some.floats(2, 12), more=some.floats(1.5, 3))
def test_more_noise_reads_more_in_every_metric_that_sees_noise(seed: int, less: float, more: float) -> None:
    quiet = repeated(texture(64), 4)
    some_noise, much = noisy(quiet, less, seed), noisy(quiet, less * more, seed)
    for metric, key, sign in (
        (TemporalFlicker(), "temporal_flicker", 1),
        (Sharpness(), "sharpness", 1),
        (FrameConsistency(), "likeness_to_previous", -1),
        (FrameConsistency(), "likeness_to_first", -1),
    ):
        none, one, two = (sign * number(metric, clip, key) for clip in (quiet, some_noise, much))
        assert none < one < two, key


def test_drift_is_seen_where_neighbours_hardly_differ() -> None:
    slow = np.linspace(0, 60, 24)[:, None, None, None]
    clip = Clip((texture(64) // 2 + slow).astype(np.uint8))
    back = Clip(np.concatenate([clip.frames[::2], clip.frames[::-2]]))
    assert number(FrameConsistency(), clip, "likeness_to_previous") > 0.98
    assert number(LongRangeDrift(), clip, "long_range_drift") == pytest.approx(60 * 18 / 23 / 255, rel=0.1)
    assert number(LongRangeDrift(), back, "long_range_drift") < 0.02


def test_what_moves_through_the_picture_is_no_drift() -> None:
    turned = np.stack([np.roll(texture(96), 8 * t, axis=1) for t in range(8)])
    assert number(LongRangeDrift(), Clip(turned), "long_range_drift") < 0.005


@settings(max_examples=8, deadline=None)
@given(blur=some.floats(0.5, 2), more=some.floats(1.3, 3))
def test_a_softer_picture_is_less_sharp(blur: float, more: float) -> None:
    image = Image.fromarray(texture(64, blur=0.7))
    sharp, soft, softer = (
        number(
            Sharpness(),
            Clip(np.asarray(image.filter(ImageFilter.GaussianBlur(by)))[None].copy()),
            "sharpness",
        )
        for by in (0, blur, blur * more)
    )
    assert sharp > soft > softer


def test_a_clip_that_grows_soft_has_a_falling_sharpness() -> None:
    image = Image.fromarray(texture(64, blur=1))
    frames = [np.asarray(image.filter(ImageFilter.GaussianBlur(t / 2))) for t in range(8)]
    assert number(Sharpness(), Clip(np.stack(frames)), "sharpness_drift") < -0.5
    assert number(Sharpness(), Clip(np.stack(frames[::-1])), "sharpness_drift") > 0.5


def test_a_loop_has_no_seam_and_a_cut_one_has() -> None:
    turn = Clip(np.stack([np.roll(texture(96), 2 * t, axis=1) for t in range(48)]))
    cut = Clip(turn.frames[:20])
    whole, broken = (LoopSeam().measure(clip, SPEC) for clip in (turn, cut))
    assert whole["loop_seam_ratio"] == pytest.approx(1, abs=0.05)
    assert whole["loop_seam_error"] < 0.005
    assert broken["loop_seam_ratio"] > 1.3
    assert broken["loop_seam_error"] > 0.02


@settings(max_examples=15, deadline=None)
@given(black=some.integers(0, 5), frozen=some.integers(0, 5))
def test_dead_frames_are_counted(black: int, frozen: int) -> None:
    alive = pan(6, frames=6).frames.copy()
    frames = np.concatenate([alive, np.repeat(alive[-1:], frozen, axis=0)])
    frames[:black] = np.arange(black)[:, None, None, None] * 5 % 25  # black, and each another black
    measures = DeadFrames().measure(Clip(frames), SPEC)
    assert measures["black_frames"] == pytest.approx(black / len(frames))
    assert measures["frozen_frames"] == pytest.approx(frozen / (len(frames) - 1))


def gradient(levels: float, grain: float = 0, side: int = 128) -> Clip:
    """From one grey to another over a picture's width, rounded to 8 bits."""
    ramp = np.broadcast_to(np.linspace(60, 60 + levels, side), (side, side))[..., None]
    dither = np.random.default_rng(0).uniform(-grain, grain, (side, side, 3))
    return Clip((ramp + dither).round().astype(np.uint8)[None])


def test_a_slow_gradient_is_banded_and_a_dithered_one_is_not() -> None:
    assert number(Banding(), gradient(8), "banding") > 0.5
    assert number(Banding(), gradient(8, grain=1), "banding") < 0.1
    assert number(Banding(), gradient(100), "banding") == 0


def test_banding_is_seen_in_one_colour_and_in_either_direction() -> None:
    frames = np.full((1, 128, 128, 3), 90, np.uint8)
    frames[..., 2] = gradient(8).frames[..., 2]
    across = number(Banding(), Clip(frames), "banding")
    assert across > 0.5
    assert number(Banding(), Clip(frames.transpose(0, 2, 1, 3).copy()), "banding") == across


@pytest.mark.parametrize(
    "clip", [noisy(pan(3), 2), moving_clip(), still((40, 90, 200))], ids=["grain", "noise", "flat"]
)
def test_pictures_and_flat_colours_are_not_banded(clip: Clip) -> None:
    assert number(Banding(), clip, "banding") < 0.02
