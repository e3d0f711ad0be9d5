"""Prompt travel on a server: each frame is told what the spec says of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from animorch_comfyui.graph import build
from animorch_comfyui.graph.journey import keys, stops
from animorch_diffusers.travel import on_the_way
from comfyui_graphs import graph, inputs, kinds, offers, spec
from hypothesis import given
from hypothesis import strategies as st

from animorch import Travel, Unsupported

BETWEEN = {0: "a red fox", 4: "a blue whale"}
NO_FIZZ = "BatchPromptSchedule*"


def said(found: dict[str, Any]) -> dict[int, str]:
    """What FizzNodes reads in a text: newlines go, a comma before a brace goes, then it is JSON."""
    text = re.sub(r",\s*}", "}", "{" + found["text"].replace("\n", "") + "}")
    return {int(frame): prompt for frame, prompt in json.loads(text).items()}


def told(found: dict[str, Any]) -> dict[int, str]:
    """What ADE_PromptScheduling reads."""
    return {int(frame): text for frame, text in re.findall(r'"([\d:.-]+)": "([^"]*)"', found["prompts"])}


def at(path: dict[int, str], frame: int) -> dict[str, float]:
    """Shares of the prompts at a frame, evenly from key to key; outside of the keys the nearest holds."""
    before = max((key for key in path if key <= frame), default=min(path))
    after = min((key for key in path if key > frame), default=before)
    share = (frame - before) / (after - before) if after > before and frame > before else 0.0
    shares: dict[str, float] = {}
    for text, part in ((path[before], 1 - share), (path[after], share)):
        if part:
            shares[text] = shares.get(text, 0.0) + part
    return shares


def test_without_travel_prompts_are_encoded_once() -> None:
    assert "BatchPromptSchedule" not in kinds(graph(spec()))
    assert "BatchPromptSchedule" not in kinds(graph(spec(prompt_travel={0: "a", 3: "a"})))


def test_fizznodes_is_given_json_and_all_frames() -> None:
    found = inputs(graph(spec(prompt_travel=BETWEEN)), "BatchPromptSchedule")
    assert said(found) == BETWEEN
    assert (found["start_frame"], found["end_frame"], found["max_frames"]) == (0, 6, 6)
    assert "app_text" not in found


def test_a_key_after_the_beginning_starts_from_the_prompt() -> None:
    found = inputs(graph(spec(prompt="start", prompt_travel={3: "end"})), "BatchPromptSchedule")
    assert said(found) == {0: "start", 3: "end"}


def test_head_and_tail_are_said_with_every_prompt_to_see() -> None:
    asked = spec(
        prompt_travel=BETWEEN, negative_prompt="text", travel={"head": "photo", "tail": "built in 1980"}
    )
    found = graph(asked)
    assert said(inputs(found, "BatchPromptSchedule"))[4] == "photo, a blue whale, built in 1980"
    assert found["negative"]["inputs"]["text"] == "text"
    still = graph(spec(prompt="a fox", travel={"tail": "at dusk"}))
    assert still["prompt"]["inputs"]["text"] == "a fox, at dusk"


def test_both_polarities_at_the_same_frames_share_a_node() -> None:
    found = graph(spec(prompt_travel=BETWEEN, negative_travel={0: "text", 4: ""}))
    assert said(inputs(found, "BatchPromptSchedule")) == {
        0: "a red fox --neg text",
        4: "a blue whale",
    }
    assert found["sampler"]["inputs"]["negative"] == ["travel", 1]


def test_polarities_at_other_frames_have_a_node_each() -> None:
    found = graph(spec(prompt_travel=BETWEEN, negative_travel={0: "text", 2: "frame"}))
    assert said(found["negative_travel"]["inputs"]) == {0: "text", 2: "frame"}
    assert found["sampler"]["inputs"]["positive"] == ["prompt_travel", 0]
    assert found["sampler"]["inputs"]["negative"] == ["negative_travel", 0]


def test_without_guidance_no_negative_travel_is_encoded() -> None:
    found = graph(spec(cfg=1, prompt_travel=BETWEEN, negative_travel={0: "text", 2: "frame"}))
    assert found["negative"]["class_type"] == "CLIPTextEncode"


@pytest.mark.parametrize("text", ['say "hello"', "a, b, }", "two\nlines", "back\\slash", "ends in 0", "ü 雪"])
def test_what_json_and_fizznodes_would_stumble_over_is_said_as_it_is(text: str) -> None:
    found = inputs(graph(spec(prompt_travel={0: text, 4: "a whale"})), "BatchPromptSchedule")
    assert said(found)[0] == text


@pytest.mark.parametrize("text", ["a fox --neg a hen", "`t` foxes"])
def test_what_fizznodes_reads_as_its_own_goes_through_animatediff_evolved(text: str) -> None:
    found = graph(spec(prompt_travel={0: text, 2: "a whale"}))
    assert told(inputs(found, "ADE_PromptScheduling")) == {0: text, 2: "a whale"}


def test_what_neither_can_carry_is_refused() -> None:
    with pytest.raises(Unsupported, match=r"double quotes.*--neg"):
        build(spec(prompt_travel={0: 'a "fox" --neg hen', 4: "a whale"}), offers())
    with pytest.raises(Unsupported, match="install the pack FizzNodes"):
        build(spec(prompt_travel={0: 'a "fox"', 4: "a whale"}), offers(NO_FIZZ))


def test_without_fizznodes_animatediff_evolved_schedules_each_polarity() -> None:
    asked = spec(prompt_travel={0: "a", 2: "b"}, negative_travel={0: "n", 2: "m"})
    found = graph(asked, NO_FIZZ)
    schedules = {node for node, said in found.items() if said["class_type"] == "ADE_PromptScheduling"}
    assert schedules == {"prompt_travel", "negative_travel"}
    assert inputs(graph(spec(prompt_travel={0: "a", 2: "b"}), NO_FIZZ), "ADE_PromptScheduling") == {
        "prompts": '"0": "a",\n"2": "b"',
        "clip": ["checkpoint", 1],
        "max_length": 6,
        "tensor_interp": "lerp",
    }


def test_an_arc_goes_through_animatediff_evolved() -> None:
    found = graph(spec(prompt_travel=BETWEEN, travel={"blend": "slerp"}))
    assert inputs(found, "ADE_PromptScheduling")["tensor_interp"] == "slerp"


def test_a_longer_way_there_counts_frames_so_that_it_goes_evenly() -> None:
    """Its node blends from the last blend, unless the text changes: so a weight of nothing counts."""
    found = graph(spec(prompt_travel=BETWEEN, negative_travel={0: "`frame`", 5: "m"}), NO_FIZZ)
    assert found["prompt_travel"]["inputs"]["values_replace"] == ["count_frame", 0]
    assert told(found["prompt_travel"]["inputs"]) == {
        0: "( :`frame`)a red fox",
        4: "( :`frame`)a blue whale",
        5: "( :`frame`)a blue whale",
    }
    assert found["numbers_frame"]["inputs"]["values"] == '"0": 0, "5": 5'
    assert told(found["negative_travel"]["inputs"])[0] == "( :`frame_`)`frame`"


def test_a_server_with_neither_is_told_of_what_is_missing() -> None:
    with pytest.raises(Unsupported, match="AnimateDiff-Evolved"):
        build(spec(prompt_travel=BETWEEN), offers(NO_FIZZ, "ADE_PromptScheduling*"))


def test_a_loop_that_begins_late_needs_fizznodes() -> None:
    asked = spec(prompt="", prompt_travel={1: "a", 4: "b"}, travel={"closed_loop": True})
    assert min(said(inputs(graph(asked), "BatchPromptSchedule"))) < 0
    with pytest.raises(Unsupported, match="first key is after frame 0"):
        build(asked, offers(NO_FIZZ))


@given(
    frames=st.integers(1, 24),
    places=st.sets(st.integers(0, 23), min_size=1, max_size=4),
    prompt=st.sampled_from(["", "start"]),
    hold=st.sampled_from([0.0, 0.25, 0.6, 1.0]),
    closed=st.booleans(),
)
def test_every_frame_is_told_what_the_spec_says(
    frames: int, places: set[int], prompt: str, hold: float, closed: bool
) -> None:
    travel = Travel(hold=hold, closed_loop=closed)
    path = stops(prompt, {place: f"prompt {place % 3}" for place in places if place < frames})
    found = keys(path, frames, travel)
    for frame in range(frames):
        way = on_the_way(path, frame, frames, travel)
        wanted: dict[str, float] = {}
        for text, part in ((way.start, 1 - way.share), (way.end, way.share)):
            if part:
                wanted[text] = wanted.get(text, 0.0) + part
        assert at(found, frame) == pytest.approx(wanted), frame
