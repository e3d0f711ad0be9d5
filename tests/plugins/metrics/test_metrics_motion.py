from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from animorch_metrics import ColourDrift, MotionAmount, TemporalFlicker
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image, ImageFilter

from animorch import Clip, Metric, RenderSpec
from animorch.registry import offers
from animorch.testing import MetricContract, moving_clip, small_spec

SPEC: RenderSpec = small_spec()


class TestTemporalFlicker(MetricContract):
    plugin = TemporalFlicker


class TestMotionAmount(MetricContract):
    plugin = MotionAmount


class TestColourDrift(MetricContract):
    plugin = ColourDrift


def number(metric: Metric, clip: Clip, key: str) -> float:
    value = metric.measure(clip, SPEC)[key]
    assert isinstance(value, float)
    return value


def texture(side: int, blur: float = 4, seed: int = 0) -> np.ndarray[Any, Any]:
    """A soft, colourful picture: uint8 (side, side, 3)."""
    noise = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    soft = np.asarray(Image.fromarray(noise).filter(ImageFilter.GaussianBlur(blur))).astype(float)
    return np.clip((soft - soft.mean()) / soft.std() * 45 + 128, 0, 255).astype(np.uint8)


def pan(step: float, size: int = 128, frames: int = 4, angle: float = 0.0) -> Clip:
    """A camera pan of `step` pixels a frame in a direction."""
    wide, middle = texture(3 * size), size
    places = [(round(step * t * np.cos(angle)), round(step * t * np.sin(angle))) for t in range(frames)]
    return Clip(
        np.stack([wide[middle + y : middle + y + size, middle + x : middle + x + size] for x, y in places])
    )


def still(colour: tuple[int, int, int], frames: int = 8) -> Clip:
    return Clip(np.full((frames, 32, 32, 3), colour, np.uint8))


def test_no_two_metrics_use_one_key() -> None:
    keys = [key for cls in offers("metrics").values() for key in cls().measure(moving_clip(), SPEC)]
    assert len(keys) == len(set(keys))


def test_a_still_picture_neither_moves_nor_flickers() -> None:
    clip = Clip(np.repeat(texture(96)[None], 5, axis=0))
    assert number(MotionAmount(), clip, "motion_amount") == 0
    assert number(MotionAmount(), clip, "motion_peak") == 0
    assert number(TemporalFlicker(), clip, "temporal_flicker") == 0


@settings(max_examples=25, deadline=None)
@given(step=some.integers(1, 24), angle=some.sampled_from([0.0, 0.5 * np.pi, np.pi, 1.5 * np.pi]))
def test_a_pan_of_k_pixels_reads_k_pixels(step: int, angle: float) -> None:
    found = number(MotionAmount(), pan(step, angle=angle), "motion_amount") * 128
    assert found == pytest.approx(step, rel=0.1, abs=0.2)


@settings(max_examples=10, deadline=None)
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


def flickering(clip: Clip, by: int) -> Clip:
    """Every other frame brighter by so many levels."""
    lift = np.where(np.arange(len(clip)) % 2, by, 0)[:, None, None, None]
    return Clip(np.clip(clip.frames.astype(int) + lift, 0, 255).astype(np.uint8))


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


def test_drift_is_the_last_quarter_less_the_first() -> None:
    frames = np.concatenate([still((100, 100, 100), 4).frames, still((151, 100, 100), 4).frames])
    measures = ColourDrift().measure(Clip(frames), SPEC)
    assert measures["saturation_drift"] == pytest.approx(51 / 255, abs=1e-3)
    assert measures["brightness_drift"] == pytest.approx(0.299 * 51 / 255, abs=3e-3)
    assert len(measures["brightness_by_frame"]) == len(measures["saturation_by_frame"]) == 8


def fading(target: tuple[int, int, int], frames: int = 12) -> Clip:
    """A healthy picture that turns into one colour."""
    share = np.clip(np.linspace(0, 1.4, frames), 0, 1)[:, None, None, None]
    return Clip((texture(64) * (1 - share) + np.array(target) * share).astype(np.uint8))


@pytest.mark.parametrize("target", [(92, 64, 38), (70, 45, 25), (128, 128, 128), (20, 20, 20)])
def test_a_clip_that_turns_flat_brown_or_grey_has_browned_out(target: tuple[int, int, int]) -> None:
    assert number(ColourDrift(), fading(target), "browned_out") == 1


def test_a_clip_that_is_flat_brown_throughout_has_browned_out() -> None:
    assert number(ColourDrift(), still((92, 64, 38)), "browned_out") == 1


def sepia() -> Clip:
    grey = texture(64).mean(axis=2, keepdims=True)
    return Clip(np.repeat((grey * np.array([1.0, 0.75, 0.5]))[None], 6, axis=0).astype(np.uint8))


@pytest.mark.parametrize(
    "clip",
    [pan(3), moving_clip(), sepia(), still((128, 128, 128)), still((40, 90, 200)), still((240, 215, 185))],
    ids=["pan", "noise", "sepia", "always grey", "blue", "beige"],
)
def test_a_healthy_clip_has_not_browned_out(clip: Clip) -> None:
    assert number(ColourDrift(), clip, "browned_out") == 0


def test_thresholds_are_options() -> None:
    assert number(ColourDrift(flat=0.0), still((92, 64, 38)), "browned_out") == 0
    assert number(ColourDrift(collapse=0.0), fading((128, 128, 128)), "browned_out") == 0
