"""Prompt travel: the golden way of animatediff-cli-prompt-travel, and pictures that follow it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from animorch_diffusers.travel import Way, blended, on_the_way, said, stops
from hypothesis import given
from hypothesis import strategies as some
from rendering import render

from animorch import Travel, composed

# reference (d) D.3: 96 frames, keys 0 A, 32 B, 64 C, half of the way held, back to A at the end
INTENDED = {
    0: Way("A", "A", 0), 8: Way("A", "A", 0), 16: Way("A", "A", 0), 24: Way("A", "B", 0.5),
    31: Way("A", "B", 0.9375), 32: Way("B", "B", 0), 48: Way("B", "B", 0), 56: Way("B", "C", 0.5),
    64: Way("C", "C", 0), 80: Way("C", "C", 0), 88: Way("C", "A", 0.5),
}  # fmt: skip


@pytest.mark.parametrize("frame", INTENDED)
def test_the_golden_travel_holds(frame: int) -> None:
    path = {0: "A", 32: "B", 64: "C"}
    assert on_the_way(path, frame, 96, Travel(hold=0.5, closed_loop=True)) == INTENDED[frame]


def test_an_open_way_is_even_and_holds_its_ends() -> None:
    path = {4: "A", 8: "B"}
    ways = [on_the_way(path, frame, 12, None) for frame in range(12)]
    assert [way.share for way in ways] == [0, 0, 0, 0, 0, 0.25, 0.5, 0.75, 0, 0, 0, 0]
    assert [way.start for way in ways] == ["A"] * 8 + ["B"] * 4


def test_a_closed_way_goes_over_the_seam_to_the_first_key() -> None:
    ways = [on_the_way({2: "A", 6: "B"}, frame, 8, Travel(closed_loop=True)) for frame in range(8)]
    assert ways[7] == Way("B", "A", 0.25)
    assert ways[0] == Way("B", "A", 0.5)
    assert ways[1] == Way("B", "A", 0.75)


@given(
    keys=some.sets(some.integers(0, 63), min_size=1),
    hold=some.floats(0, 1),
    closed=some.booleans(),
)
def test_every_key_is_reached_whole_and_no_share_leaves_0_to_1(
    keys: set[int], hold: float, closed: bool
) -> None:
    path = {key: f"prompt {key}" for key in sorted(keys)}
    ways = [on_the_way(path, frame, 64, Travel(hold=hold, closed_loop=closed)) for frame in range(64)]
    assert all(0 <= way.share < 1 for way in ways)
    assert all(ways[key] == Way(path[key], path[key], 0) for key in keys)


def test_the_prompt_stands_at_the_beginning_unless_the_travel_has_a_key_there() -> None:
    assert stops("A", {8: "B"}) == {0: "A", 8: "B"}
    assert stops("A", {8: "B", 0: "C"}) == {0: "C", 8: "B"}
    assert stops("", {8: "B"}) == {8: "B"}
    assert stops("A", {}) == {0: "A"}


def test_head_and_tail_are_said_with_every_prompt() -> None:
    assert said("a cat", Travel(head="photo", tail="4k")) == "photo, a cat, 4k"
    assert said("a cat", Travel(tail="4k")) == "a cat, 4k"
    assert said("a cat", None) == "a cat"


def test_slerp_keeps_the_length_where_the_straight_line_loses_it() -> None:
    import torch

    one, other = torch.eye(4)[None, :1], torch.eye(4)[None, 1:2]
    assert blended(one, other, 0.5, slerp=True).norm().item() == pytest.approx(1)
    assert blended(one, other, 0.5, slerp=False).norm().item() == pytest.approx(0.5**0.5)
    assert torch.equal(blended(one, one * 2, 0.5, slerp=True), one * 1.5)  # parallel: along the line


def frames_of(backend: Any, spec: Any, **fields: Any) -> np.ndarray:
    return render(backend, spec(**fields)).frames


def test_a_travel_between_equal_prompts_is_the_clip_without(spec: Any, backend: Any) -> None:
    travelled = frames_of(backend, spec, prompt="a dog", prompt_travel={0: "a cat", 2: "a cat"})
    assert np.array_equal(travelled, frames_of(backend, spec))


@pytest.mark.parametrize(
    "change",
    [
        {"prompt_travel": {3: "a dog"}},
        {"negative_travel": {3: "a dog"}},
        {"prompt_travel": {3: "a dog"}, "travel": {"blend": "slerp"}},
        {"prompt_travel": {3: "a dog"}, "travel": {"hold": 0.9}},
        {"prompt_travel": {2: "a dog"}, "travel": {"closed_loop": True}},
        {"travel": {"head": "dog"}},
        {"travel": {"tail": "dog"}},
    ],
    ids=str,
)
def test_each_part_of_a_travel_changes_the_picture(spec: Any, backend: Any, change: dict[str, Any]) -> None:
    without = {"prompt_travel": change["prompt_travel"]} if len(change) > 1 else {}
    assert not np.array_equal(frames_of(backend, spec, **change), frames_of(backend, spec, **without))


def test_a_travel_without_anything_to_blend_is_refused(spec: Any, backend: Any) -> None:
    (problem,) = backend.unsupported(spec(travel={"blend": "slerp"}))
    assert "give prompt_travel, or take travel out" in problem


def test_the_embedded_model_s_colour_follows_the_prompt_at_its_keys(backend: Any) -> None:
    from animorch_shapes.reading import seen

    words = [
        "frames=24", "window.length=12", "sampler=dpmpp_2m", "steps=6", "cfg=5",
        "prompt=a red circle on a black background",
        "prompt_travel={16: a blue circle on a black background}", "travel.hold=0.5",
    ]  # fmt: skip
    frames = render(backend, composed(words).spec).frames
    assert (seen(frames[:4]).colour, seen(frames[16:]).colour) == ("red", "blue")
