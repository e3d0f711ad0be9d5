from __future__ import annotations

import numpy as np
import pytest
from animorch_metrics import ColourDrift

from animorch import Clip
from animorch.testing import MetricContract, moving_clip
from tests.plugins.metrics.shots import SPEC, fading, number, pan, repeated, sepia, sepia_fade, still, texture


class TestColourDrift(MetricContract):
    plugin = ColourDrift


def test_drift_is_the_last_quarter_less_the_first() -> None:
    frames = np.concatenate([still((100, 100, 100), 4).frames, still((151, 100, 100), 4).frames])
    measures = ColourDrift().measure(Clip(frames), SPEC)
    assert measures["saturation_drift"] == pytest.approx(51 / 255, abs=1e-3)
    assert measures["brightness_drift"] == pytest.approx(0.299 * 51 / 255, abs=3e-3)
    assert len(measures["brightness_by_frame"]) == len(measures["saturation_by_frame"]) == 8


@pytest.mark.parametrize("target", [(92, 64, 38), (70, 45, 25), (128, 128, 128), (20, 20, 20)])
def test_a_clip_that_turns_flat_brown_or_grey_has_browned_out(target: tuple[int, int, int]) -> None:
    assert number(ColourDrift(), fading(target), "browned_out") == 1


def test_a_clip_that_is_flat_brown_throughout_has_browned_out() -> None:
    assert number(ColourDrift(), still((92, 64, 38)), "browned_out") == 1


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


def test_a_fade_to_sepia_has_browned_out_though_it_keeps_its_contrast() -> None:
    measures = ColourDrift().measure(sepia_fade(), SPEC)
    assert measures["browned_out"] == 1
    assert measures["contrast_by_frame"][-1] > 0.5 * measures["contrast_by_frame"][0]
    assert number(ColourDrift(one_hue=1.0), sepia_fade(), "browned_out") == 0


def test_a_clip_that_turns_blue_throughout_has_not_browned_out() -> None:
    clip = sepia_fade()
    assert number(ColourDrift(), Clip(clip.frames[..., ::-1].copy()), "browned_out") == 0


def test_a_clip_that_grows_flat_loses_contrast_and_no_brightness() -> None:
    grey = texture(64).astype(float).mean()
    fade = np.linspace(1, 0.2, 8)[:, None, None, None]
    clip = Clip((grey + (texture(64) - grey) * fade).astype(np.uint8))
    measures = ColourDrift().measure(clip, SPEC)
    assert measures["contrast_drift"] < -0.05
    assert abs(measures["brightness_drift"]) < 0.02
    assert ColourDrift().measure(repeated(texture(64)), SPEC)["contrast_drift"] == 0
