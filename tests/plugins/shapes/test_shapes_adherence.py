from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from animorch_shapes import ShapesAdherence
from animorch_shapes.dataset import Shapes
from animorch_shapes.draw import draw
from animorch_shapes.scene import scene
from animorch_shapes.words import Words

from animorch import Clip, RenderSpec
from animorch.testing import MetricContract, moving_clip, small_spec

CLIPS = 400


class TestContract(MetricContract):
    plugin = ShapesAdherence

    def test_values_are_finite_and_keys_are_words(self) -> None:
        """The contract's own prompt is not of the grammar, where this metric has nothing to say."""
        found = self.make().measure(moving_clip(2), asked("a red star moving left on black"))
        assert {type(value) for value in found.values()} == {float}
        assert all(key.startswith("shapes_") for key in found)


def asked(prompt: str) -> RenderSpec:
    return small_spec().model_copy(update={"prompt": prompt})


def worn(frames: np.ndarray[Any, Any], seed: int) -> np.ndarray[Any, Any]:
    """Blurred and noisy, about as a small VAE gives them back."""
    soft = frames.astype(np.float32)
    for axis in (1, 2):
        soft = 0.5 * soft + 0.25 * (np.roll(soft, 1, axis) + np.roll(soft, -1, axis))
    noisy = soft + np.random.default_rng(seed).normal(0, 6, soft.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("wear", [False, True])
def test_true_clips_are_read_right(wear: bool) -> None:
    clips, right = Shapes(seed=31, part="all"), []
    for number in range(CLIPS):
        frames, caption = clips[number]
        frames = worn(frames, number) if wear else frames
        right.append(ShapesAdherence().measure(Clip(frames), asked(caption)))
    for key in ("shapes_colour_right", "shapes_shape_right", "shapes_motion_right"):
        assert np.mean([row[key] for row in right]) >= 0.995, key


@pytest.mark.parametrize(
    ("prompt", "wrong"),
    [
        ("a blue star moving left on a black background", "shapes_colour_right"),
        ("a red square moving left on a black background", "shapes_shape_right"),
        ("a red star moving up on a black background", "shapes_motion_right"),
        ("a red star moving left on a teal background", "shapes_background_right"),
    ],
)
def test_one_wrong_word_is_named(prompt: str, wrong: str) -> None:
    clip = Clip(draw(scene(Words("red", "star", "left", "black"), 5)))
    found = ShapesAdherence().measure(clip, asked(prompt))
    assert {key for key, value in found.items() if value == 0} == {wrong, "shapes_all_right"}


def test_other_prompts_give_nothing() -> None:
    assert ShapesAdherence().measure(Clip(Shapes()[0][0]), asked("a cat")) == {}


def test_an_empty_picture_is_all_wrong_but_its_background() -> None:
    frames = np.full((16, 64, 64, 3), 12, np.uint8)
    found = ShapesAdherence().measure(Clip(frames), asked("a red star moving left on a black background"))
    assert found["shapes_background_right"] == 1
    assert found["shapes_colour_right"] == found["shapes_shape_right"] == found["shapes_motion_right"] == 0


def test_a_disc_that_spins_may_look_still() -> None:
    clip = Clip(draw(scene(Words("red", "circle", "spinning", "black"), 5)))
    assert ShapesAdherence().measure(clip, asked("a red circle spinning"))["shapes_motion_right"] == 1


@pytest.mark.parametrize("pace", [0.6, 1.5])
def test_calm_and_lively_clips_are_read_too(pace: float) -> None:
    clips, right = Shapes(seed=8, pace=pace), []
    for number in range(120):
        frames, caption = clips[number]
        right.append(ShapesAdherence().measure(Clip(frames), asked(caption))["shapes_motion_right"])
    assert np.mean(right) >= 0.98
