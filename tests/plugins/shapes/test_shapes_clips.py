from __future__ import annotations

import subprocess
import sys

import animorch_shapes
import numpy as np
import pytest
from animorch_shapes.dataset import Shapes
from animorch_shapes.words import (
    BACKGROUNDS,
    COLOURS,
    MOTIONS,
    SHAPES,
    held_out,
    lexicon,
    read,
    triples,
    write,
)
from hypothesis import given, settings
from hypothesis import strategies as some


def test_a_clip_is_a_pure_function_of_seed_and_number() -> None:
    first, again, other = Shapes(seed=4)[9], Shapes(seed=4, length=50)[9], Shapes(seed=5)[9]
    assert first[1] == again[1]
    assert np.array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])


def test_frames_are_of_the_size_asked_for() -> None:
    frames, _ = animorch_shapes.clips(size=96, frames=5, length=1)[0]
    assert frames.shape == (5, 96, 96, 3)
    assert frames.dtype == np.uint8


def test_the_same_clip_at_twice_the_size_shows_the_same() -> None:
    small, large = Shapes(size=64)[3][0], Shapes(size=128)[3][0].astype(float)
    halved = large.reshape(16, 64, 2, 64, 2, 3).mean(axis=(2, 4))
    assert np.abs(halved - small).mean() < 1.0


def test_iteration_ends() -> None:
    assert len(list(Shapes(length=3))) == 3
    with pytest.raises(IndexError):
        Shapes(length=3)[3]


def test_silent_captions_leave_the_motion_out_and_the_clips_as_they_are() -> None:
    said, silent = Shapes(only="bouncing", seed=3), Shapes(only="bouncing", seed=3, silent=True)
    for number in range(5):
        words = read(silent[number][1])
        assert words is not None
        assert words.motion is None
        assert np.array_equal(silent[number][0], said[number][0])


def test_the_paper_look_is_dark_ink_on_light_paper() -> None:
    frames, _ = Shapes(look="paper")[5]
    corner = frames[0, 0, 0].astype(int)
    assert corner.min() > 200
    assert frames.reshape(-1, 3).astype(int).sum(axis=1).min() < corner.sum() - 150


@pytest.mark.parametrize("part", ["train", "unseen"])
def test_parts_keep_held_out_compositions_apart(part: str) -> None:
    clips = Shapes(part=part, size=8, frames=2)  # type: ignore[arg-type]
    for number in range(200):
        words = read(clips[number][1])
        assert words is not None
        assert words.motion is not None
        from animorch_shapes.words import Triple

        assert held_out(Triple(words.colour, words.shape, words.motion)) == (part == "unseen")


def test_every_pair_of_words_is_trained_on() -> None:
    seen = [triple for triple in triples() if not held_out(triple)]
    assert len({(one.colour, one.shape) for one in seen}) == len(COLOURS) * len(SHAPES)
    assert len({(one.colour, one.motion) for one in seen}) == len(COLOURS) * len(MOTIONS)
    assert len({(one.shape, one.motion) for one in seen}) == len(SHAPES) * len(MOTIONS)
    assert 0.05 < 1 - len(seen) / len(triples()) < 0.15


def test_a_clip_of_one_motion_only() -> None:
    clips = Shapes(only="bouncing", size=8, frames=2)
    assert {read(clips[number][1]).motion for number in range(20)} == {"bouncing"}  # type: ignore[union-attr]


def test_pace_changes_how_far_a_shape_goes() -> None:
    from animorch_shapes.scene import scene
    from animorch_shapes.words import Words

    words = Words("red", "star", "left", "black")
    calm, usual = (scene(words, 3, pace=pace).x for pace in (0.5, 1.0))
    assert (calm[0] - calm[-1]) * 2 == pytest.approx(usual[0] - usual[-1])


@settings(max_examples=200, deadline=None)
@given(
    some.sampled_from(triples()),
    some.sampled_from([*BACKGROUNDS, None]),
    some.tuples(some.integers(0, 50), some.integers(0, 50), some.integers(0, 50)),
)
def test_captions_are_read_back(triple: object, background: str | None, chance: tuple[int, int, int]) -> None:
    from animorch_shapes.words import Words

    words = Words(*triple, background)  # type: ignore[misc]
    caption = write(words, *chance)
    assert read(caption) == words
    assert set(caption.split()) <= set(lexicon())


@pytest.mark.parametrize(
    "prompt",
    ["", "a lighthouse on a cliff", "a red circle and a blue star", "red", "a red circle moving oddly"],
)
def test_other_prompts_are_not_of_the_grammar(prompt: str) -> None:
    assert read(prompt) is None


@pytest.mark.parametrize(
    ("prompt", "motion"), [("A red circle, moving left, on black.", "left"), ("a red circle", None)]
)
def test_punctuation_and_capitals_are_forgiven(prompt: str, motion: str | None) -> None:
    words = read(prompt)
    assert words is not None
    assert words.motion == motion


def test_the_plugin_loads_without_numpy() -> None:
    code = "import sys, animorch_shapes; sys.exit(bool({'numpy', 'PIL', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
