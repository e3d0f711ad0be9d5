"""Binding: a spec's fields written into a person's graph, and nothing else of it touched."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from animorch_comfyui.built import Graph
from animorch_comfyui.workflow import Workflow, bound, said, workflow_problems
from comfyui_graphs import graph, spec
from comfyui_mine import FULL, THERE, changed, workflow, written
from comfyui_pages import among, node, plain, put

from animorch import RenderSpec, Unsupported, UsageError


@pytest.mark.parametrize("changes", [{}, FULL, {"prompt": "x", "negative_prompt": "y", "sampler": "lcm"}])
def test_with_its_own_values_a_graph_stays_as_it_is(changes: dict[str, Any]) -> None:
    mine = workflow(**changes)
    built = written(mine)
    assert {id: each for id, each in built.graph.items() if id != built.frames} == mine.graph()
    assert built.graph[built.frames]["inputs"]["images"] == ["decode", 0]
    assert built.samplers == ("sampler",)
    assert built.steps == spec().steps


def test_its_values_are_said_in_the_words_of_a_spec() -> None:
    found = said(workflow(**FULL), {}, THERE)
    asked = spec(**FULL)
    for name in (
        "prompt_travel",
        "steps",
        "cfg",
        "seed",
        "width",
        "height",
        "frames",
        "motion_scale",
        "clip_skip",
    ):
        assert found[name] == getattr(asked, name), name
    assert found["checkpoint"] == {"name": "random_sd15", "file": "random_sd15.safetensors", "base": "sd15"}
    assert found["motion"] == {"name": "mm_sd_v15_v2", "file": "mm_sd_v15_v2.ckpt", "base": "sd15"}
    assert found["loras"] == [{"name": "random_style", "file": "random_style.safetensors", "weight": 0.8}]
    assert found["window"]["schedule"] == "uniform"
    assert found["window"]["fuse"] == "pyramid"
    assert RenderSpec(**found).window == asked.window


def test_every_field_is_written_where_the_links_lead() -> None:
    mine = workflow(**FULL)
    window = {"length": 6, "overlap": 2, "schedule": "uniform", "fuse": "overlap_linear"}
    changes = {
        "seed": 2**64 - 1,
        "steps": 9,
        "cfg": 3.0,
        "sampler": "DPM++ 2M",
        "schedule": "karras",
        "frames": 12,
        "width": 72,
        "height": 80,
        "motion_scale": 0.5,
        "clip_skip": 1,
        "prompt_travel": {0: 'a "fox"', 9: "snow}"},
        "window": window,
        "motion": {"name": "mm_sd_v15", "base": "sd15"},
        "loras": [{"name": "random_ink", "weight": 0.3}],
        "motion_loras": [{"name": "v2_lora_PanLeft", "weight": 0.7}],
    }
    assert changed(mine, written(mine, changes)) == {
        "sampler.seed": 2**64 - 1,
        "sampler.steps": 9,
        "sampler.cfg": 3.0,
        "sampler.sampler_name": "dpmpp_2m",
        "sampler.scheduler": "karras",
        "latents.batch_size": 12,
        "latents.width": 72,
        "latents.height": 80,
        "motion_scale.float_val": 0.5,
        "clip_skip.stop_at_clip_layer": -1,
        "prompt_travel.text": '"0": "a \\"fox\\"",\n"9": "snow\\u007d"',
        "prompt_travel.max_frames": 12,
        "prompt_travel.end_frame": 12,
        "window.context_length": 6,
        "window.context_overlap": 2,
        "window.fuse_method": "overlap-linear",
        "motion.model_name": "mm_sd_v15.ckpt",
        "lora_1.lora_name": "styles\\random_ink.safetensors",
        "lora_1.strength_model": 0.3,
        "lora_1.strength_clip": 0.3,
        "motion_lora_1.name": "v2_lora_PanLeft.ckpt",
        "motion_lora_1.strength": 0.7,
    }


def test_a_lora_that_is_left_out_gets_no_strength() -> None:
    mine = workflow(loras=[{"name": "random_style", "weight": 0.8}])
    assert changed(mine, written(mine, {"loras": []})) == {
        "lora_1.strength_model": 0.0,
        "lora_1.strength_clip": 0.0,
    }


def test_the_editors_file_is_bound_through_reroutes() -> None:
    mine = Workflow.parsed(among(plain(), 6, node(20, "Reroute")))
    built = written(mine, {"prompt": "a cat", "negative_prompt": "", "frames": 2})
    assert changed(mine, built) == {"2.text": "a cat", "3.text": "", "4.batch_size": 2}
    assert said(mine, {}, THERE)["sampler"] == "euler_ancestral"


def test_a_value_that_a_node_of_its_own_gives_is_written_there() -> None:
    found = graph(spec())
    found["number"] = {"class_type": "PrimitiveInt", "inputs": {"value": 33}}
    found["sampler"]["inputs"]["seed"] = ["number", 0]
    mine = Workflow.parsed(found)
    assert said(mine, {})["seed"] == 33
    built = bound(mine, RenderSpec(**said(mine, {}) | {"seed": 5}), None, {}, {}, None, {})
    assert built.graph["number"]["inputs"] == {"value": 5}
    assert built.graph["sampler"]["inputs"]["seed"] == ["number", 0]


def both_ways(polarity: str) -> Graph:
    """Conditioning goes through a node with both polarities on its way."""
    found = graph(spec(prompt="yes", negative_prompt="no"))
    found["through"] = {
        "class_type": "ControlNetApplyAdvanced",
        "inputs": {"positive": ["prompt", 0], "negative": ["negative", 0], "strength": 1.0},
    }
    found["sampler"]["inputs"][polarity] = ["through", 0 if polarity == "positive" else 1]
    return found


@pytest.mark.parametrize("polarity", ["positive", "negative"])
def test_prompts_are_found_behind_what_changes_conditioning(polarity: str) -> None:
    found = said(Workflow.parsed(both_ways(polarity)), {})
    assert (found["prompt"], found["negative_prompt"]) == ("yes", "no")


def two_samplers() -> Graph:
    found = graph(spec())
    found["again"] = deepcopy(found["sampler"]) | {"_meta": {"title": "hi-res"}}
    found["again"]["inputs"]["latent_image"] = ["sampler", 0]
    found["decode"]["inputs"]["samples"] = ["again", 0]
    return found


def test_of_two_samplers_neither_is_taken_until_one_is_named() -> None:
    mine = Workflow.parsed(two_samplers(), "mine.json")
    found = said(mine, {}, THERE)
    problems = workflow_problems(mine, RenderSpec(**found | {"seed": 5}), THERE, {}, {}, None, {})
    assert len(problems) == 1
    assert "2 samplers: sampler (node sampler, KSampler), hi-res (node again, KSampler)" in problems[0]
    assert "backend.bind.seed='sampler.seed'" in problems[0]
    built = written(mine, {"seed": 5}, binds={"seed": "hi-res.seed"})
    assert changed(mine, built) == {"again.seed": 5}
    assert set(built.samplers) == {"sampler", "again"}


def test_a_field_without_a_place_is_refused_with_what_to_bind() -> None:
    with pytest.raises(
        Unsupported, match=r"clip_skip=3 has no place.*backend\.bind\.clip_skip='TITLE\.INPUT'"
    ):
        written(workflow(), {"clip_skip": 3})
    with pytest.raises(Unsupported, match="2 and the workflow has 0 loaders"):
        written(workflow(), {"loras": [{"name": "detail"}, {"name": "random_style"}]})
    with pytest.raises(Unsupported, match="freeinit has no place"):
        written(workflow(), {"freeinit": {"iterations": 2}})
    with pytest.raises(Unsupported, match="takes one prompt"):
        written(workflow(), {"prompt_travel": {0: "a", 2: "b"}})
    with pytest.raises(Unsupported, match="ADE_StandardStaticContextOptions"):
        written(workflow(**FULL), {"window": FULL["window"] | {"schedule": "static"}})
    with pytest.raises(Unsupported, match=r"not heard.*prompt_travel=null"):
        written(workflow(**FULL), {"prompt": "a cat"})


def test_a_name_that_the_server_lacks_is_refused_with_close_ones() -> None:
    with pytest.raises(Unsupported, match=r"close are .*random_sd15\.safetensors"):
        written(workflow(), {"checkpoint": {"name": "randon_sd15", "base": "sd15"}})
    with pytest.raises(Unsupported, match="sampler=eulr"):
        written(workflow(), {"sampler": "eulr"})


def test_a_model_of_the_graph_that_the_server_lacks_is_told_before_anything_is_sent() -> None:
    found = graph(spec())
    found["motion"]["inputs"]["model_name"] = "mm_sd_v15_v3.ckpt"
    with pytest.raises(Unsupported, match=r"motion \(node motion, .*\) has no such choice.*mm_sd_v15"):
        written(Workflow.parsed(found))


def test_an_input_that_nothing_is_joined_to_is_told_before_anything_is_sent() -> None:
    saved = put(plain(), 3, mode=2)
    with pytest.raises(Unsupported, match=r"KSampler \(node 5\) has nothing at its input negative"):
        written(Workflow.parsed(saved))


@pytest.mark.parametrize(
    ("binds", "sentence"),
    [
        ({"sed": "sampler.seed"}, r"did you mean seed\?"),
        ({"seed": "sampler"}, "should be 'node.input'"),
        ({"seed": "samplr.seed"}, r"did you mean sampler\?"),
        ({"seed": "sampler.sed"}, r"did you mean seed\?"),
    ],
)
def test_a_bind_that_fits_nothing_is_a_sentence(binds: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        said(workflow(), binds, THERE)


def test_a_name_of_two_nodes_is_refused_with_both() -> None:
    with pytest.raises(UsageError, match=r"2 nodes are called CLIPTextEncode: prompt .*negative .*id"):
        said(workflow(), {"prompt": "CLIPTextEncode.text"}, THERE)


def test_binds_may_be_nested_as_a_command_line_nests_them() -> None:
    mine = workflow(**FULL)
    built = written(
        mine,
        {"window": FULL["window"] | {"length": 7}},
        binds={"window": {"length": "window.context_length"}},
    )
    assert changed(mine, built) == {"window.context_length": 7}
