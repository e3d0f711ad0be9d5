"""What is refused before a server is asked, and what a person is told of besides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from animorch_comfyui.notes import notes
from animorch_comfyui.offers import Offers
from animorch_comfyui.refusals import problems, unsupported
from comfyui_graphs import MOTION, V1, XL, offers, server, spec

LONG = {"frames": 20, "window": {"length": 8, "overlap": 2}}
NET = {"name": "control_v11f1p_sd15_depth", "pictures": "edges.png"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {
                "checkpoint": {"name": "small", "base": "embedded"},
                "motion": {"name": "lively", "base": "embedded"},
            },
            "which ComfyUI cannot load",
        ),
        (
            {"checkpoint": {"name": "random_sd15", "base": "sd15", "config": "here"}},
            "is a folder of diffusers",
        ),
        ({"loras": [{"name": "detail", "blocks": {"up": 0.5}}]}, "one strength for all blocks"),
        ({**XL, "clip_skip": 12}, "use 11 or less"),
        ({"group_norm": "clip"}, "normalises by frame"),
        ({"group_norm": "frame", "motion": V1}, "normalises by clip"),
        ({"group_norm": "frame", "motion": MOTION | {"family": "unknown"}}, "decides by the file"),
        ({"width": 60}, "use width=64"),
        (
            {"frames": 40, "motion": MOTION | {"table": None}},
            "frames=40 is more than the 32.*set motion.table",
        ),
        ({"frames": 25, "motion": V1 | {"table": None}}, "more than the 24"),
        ({**LONG, "window": {"length": 8, "fuse": "relative"}}, "for static windows only"),
        (
            {**LONG, "window": {"length": 8, "schedule": "uniform", "stride_levels": 2}},
            "may leave frames in no window",
        ),
        ({"freeinit": {"iterations": 2, "fast": True}}, "freeinit.fast"),
        ({"freeinit": {"iterations": 2}, "init": {"path": "a.png"}}, "take one of them out"),
        ({"freenoise": {"length": 4, "stride": 2}}, "no window slides over 6 frames"),
        ({**LONG, "freenoise": {"length": 8, "stride": 4}}, "moves on by 6; set freenoise.length=8"),
        ({"mask": {"path": "mask.png"}}, "there is no init"),
        ({"init": {"path": "a.png", "strength": 0.1}}, "leaves no step"),
        ({"controlnets": [NET | {"guess_mode": True}]}, "has no such mode"),
        ({"controlnets": [NET | {"base": "sdxl"}]}, "choose a ControlNet for sd15"),
        ({"controlnets": [NET | {"start": 0.5, "end": 0.5}]}, "it never acts"),
        (
            {"sparse_control": {"name": "rgb", "keyframes": {9: "a.png"}}},
            "frame 9 and the clip has frames 0 to 5",
        ),
        ({"sparse_control": {"name": "rgb", "keyframes": {5: "a.png", -1: "b.png"}}}, "-1 and 5"),
        ({**XL, "sparse_control": {"name": "rgb", "keyframes": {0: "a.png"}}}, "of base sdxl"),
        ({"travel": {"hold": 0.5}}, "there are none to blend"),
        ({"embeddings": [{"name": "easynegative"}]}, "a word that no prompt has"),
    ],
)
def test_what_no_server_can_honour_is_refused_offline(changes: dict[str, Any], words: str) -> None:
    (sentence,) = unsupported(spec(**changes))
    assert re.search(words, sentence), sentence


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"group_norm": "frame"},
        {"group_norm": "clip", "motion": V1},
        {"freeinit": {"iterations": 1, "fast": True}},
        {**LONG, "freenoise": {"length": 8, "stride": 6}},
        {**LONG, "freenoise": {"length": 8, "stride": 8}, "window": {"length": 8, "schedule": "batched"}},
        {"travel": {"tail": "at dusk"}},
        {"negative_prompt": "EasyNegative, text", "embeddings": [{"name": "easynegative"}]},
        {**LONG, "window": {"length": 8, "fuse": "relative", "schedule": "static"}},
        {"frames": 32, "motion": MOTION | {"table": None}},
    ],
)
def test_what_comes_out_as_asked_is_not_refused(changes: dict[str, Any]) -> None:
    assert not list(unsupported(spec(**changes)))


def test_a_server_that_has_everything_has_no_problems() -> None:
    assert problems(spec(), offers()) == []


def test_each_missing_pack_is_told_once() -> None:
    asked = spec(**LONG, freeinit={"iterations": 2}, motion_scale=1.2)
    (sentence,) = problems(asked, offers("ADE_*"))
    assert "ADE_LoopedUniformContextOptions" in sentence
    assert "github.com/Kosinkadink/ComfyUI-AnimateDiff-Evolved" in sentence


def test_a_node_of_comfyui_itself_wants_an_update() -> None:
    (sentence,) = problems(spec(clip_skip=2), offers("CLIPSetLastLayer"))
    assert "update ComfyUI" in sentence


def test_a_fuse_that_an_older_server_lacks_is_told_with_what_it_has() -> None:
    info = server().info()
    fuses = info["ADE_LoopedUniformContextOptions"]["input"]["optional"]["fuse_method"]
    fuses[0] = ["pyramid", "flat"]
    asked = spec(frames=20, window={"length": 8, "fuse": "overlap_linear"})
    (sentence,) = problems(asked, Offers(info))
    assert "window.fuse=overlap-linear is not among" in sentence


def test_a_pair_of_sampler_and_schedule_in_one_word_is_taken_apart() -> None:
    (sentence,) = problems(spec(sampler="dpmpp_2m_karras"), offers())
    assert "write sampler=dpmpp_2m schedule=karras" in sentence


def test_what_comfyui_reads_in_its_own_way_is_noted() -> None:
    assert not list(notes(spec(prompt="a (fox:1.2), \\(plain\\)")))
    assert "weight 1.1" in next(iter(notes(spec(prompt="a (fox)"))))
    assert "beta_timesteps" in next(iter(notes(spec(schedule="beta"))))
    assert "pooled" in next(iter(notes(spec(**XL, prompt_travel={0: "a", 4: "b"}))))
