"""Sets, outputs and parts: what of a person's graph is no field of a spec, or stands elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from animorch_comfyui.workflow import Workflow, bound, said
from comfyui_graphs import CHECKPOINT, MOTION, graph, picture, spec
from comfyui_mine import FULL, changed, workflow, written

from animorch import RenderSpec, Unsupported


def test_any_input_of_any_node_can_be_set() -> None:
    mine = workflow(**FULL)
    sets = {
        "KSampler": {"denoise": 0.5},
        "motion_applied": {"end_percent": 0.75},
        "frames": {"filename_prefix": "x"},
    }
    assert changed(mine, written(mine, sets=sets)) == {
        "sampler.denoise": 0.5,
        "motion_applied.end_percent": 0.75,
        "frames.filename_prefix": "x",
    }


@pytest.mark.parametrize(
    ("sets", "sentence"),
    [
        ({"KSampler": {"steps": 3}}, "say steps=… instead"),
        ({"KSampler": {"denoise": 4}}, "1 at the most"),
        ({"KSampler": {"denoise": "much"}}, "takes a number"),
        ({"KSampler": {"denois": 1}}, r"did you mean denoise\?"),
        ({"KSamler": {"denoise": 1}}, r"did you mean KSampler\?"),
        ({"CLIPTextEncode": {"clip": 1}}, "2 nodes are called"),
        ({"KSampler": 5}, "NODE.INPUT=VALUE"),
        ({"animated": {"beta_schedule": "sqrt_linear"}}, r"close are .*sqrt_linear \(AnimateDiff\)"),
        ({"decode": {"vae": "x"}}, "takes another node's VAE"),
    ],
)
def test_a_set_that_cannot_be_is_a_sentence(sets: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Unsupported, match=sentence):
        written(workflow(), sets=sets)


def test_the_clip_is_taken_where_it_is_asked_for_and_nothing_of_the_graph_goes() -> None:
    found = graph(spec())
    found["mine"] = {"class_type": "ImageScale", "inputs": {"image": ["decode", 0], "width": 9, "height": 9}}
    found["mine"]["inputs"] |= {"upscale_method": "area", "crop": "disabled"}
    mine = Workflow.parsed(found)
    assert written(mine, output="mine").graph["animorch_frames"]["inputs"]["images"] == ["mine", 0]
    assert written(mine, output="frames").graph["animorch_frames"]["inputs"]["images"] == ["decode", 0]
    assert written(mine).graph["frames"] == found["frames"]
    with pytest.raises(Unsupported, match="gives no pictures"):
        written(mine, output="sampler")
    del found["decode"], found["mine"]
    with pytest.raises(Unsupported, match=r"backend\.output=NODE"):
        written(Workflow.parsed(found))


def test_a_size_that_is_left_to_the_graph_is_what_the_clip_is_expected_to_have() -> None:
    mine = workflow()
    free = {"width": "", "height": ""}
    assert changed(mine, written(mine, {"width": 1024, "height": 768}, binds=free)) == {}
    with pytest.raises(Unsupported, match=r"cfg=3\.0 has no place.*leaves it to the graph"):
        written(mine, {"cfg": 3.0}, binds={"cfg": ""})


def test_a_prompt_may_be_bound_to_any_text_and_a_schedule_stays_one() -> None:
    mine = workflow(**FULL)
    text = written(mine, {"prompt_travel": {0: "b"}}, binds={"prompt": "prompt_travel.text"})
    assert changed(mine, text) == {"prompt_travel.text": '"0": "b"'}
    other = written(mine, {"prompt": "b"}, binds={"prompt": "negative.text", "negative_prompt": ""})
    assert changed(mine, other) == {"negative.text": "b"}


def test_a_sampler_in_parts_is_followed_through_them() -> None:
    found = graph(spec(prompt="yes", negative_prompt="no", seed=4))
    one = found["sampler"]["inputs"]
    found |= {
        "noise": {"class_type": "RandomNoise", "inputs": {"noise_seed": 4}},
        "pick": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
        "sigmas": {
            "class_type": "BasicScheduler",
            "inputs": {"model": one["model"], "scheduler": "karras", "steps": 6, "denoise": 1.0},
        },
        "guide": {
            "class_type": "CFGGuider",
            "inputs": {name: one[name] for name in ("model", "positive", "negative", "cfg")},
        },
        "sampler": {
            "class_type": "SamplerCustomAdvanced",
            "inputs": {
                "noise": ["noise", 0],
                "guider": ["guide", 0],
                "sampler": ["pick", 0],
                "sigmas": ["sigmas", 0],
                "latent_image": one["latent_image"],
            },
        },
    }
    mine = Workflow.parsed(found)
    own = said(mine, {})
    told = {name: own[name] for name in ("seed", "steps", "sampler", "schedule", "prompt", "negative_prompt")}
    assert list(told.values()) == [4, 6, "euler", "karras", "yes", "no"]
    assert own["motion"]["file"] == "mm_sd_v15_v2.ckpt"
    built = bound(mine, RenderSpec(**own | {"seed": 5, "cfg": 2.0, "steps": 7}), None, {}, {}, None, {})
    assert changed(mine, built) == {"noise.noise_seed": 5, "guide.cfg": 2.0, "sigmas.steps": 7}
    assert (built.samplers, built.steps) == (("sampler",), 7)


def test_a_picture_to_start_from_goes_where_the_graph_loads_one(tmp_path: Path) -> None:
    first, shown = picture(tmp_path / "a.png"), picture(tmp_path / "b.png", white=0.2)
    mine = workflow(init={"path": first, "strength": 0.6})
    built = written(mine, {"init": {"path": shown, "strength": 0.4}})
    (sent,) = built.pictures
    (loader,) = [each for each in built.graph.values() if each["class_type"] == "LoadImage"]
    assert loader["inputs"]["image"] == f"animorch/{sent.name}"
    assert sent.data().startswith(b"\x89PNG")
    assert built.graph["sampler"]["inputs"]["denoise"] == 0.4
    with pytest.raises(Unsupported, match="init"):
        written(workflow(), {"init": {"path": shown}})


def test_two_graphs_that_differ_in_a_set_have_two_keys() -> None:
    mine = workflow()
    keys = {written(mine, sets={"sampler": {"denoise": share}}).key() for share in (0.5, 0.7, 0.7)}
    assert len(keys) == 2


def test_models_may_be_told_by_the_option() -> None:
    mine = workflow()
    built = written(mine, {"motion": MOTION | {"name": "local"}}, models={"local": "v3_sd15_mm.ckpt"})
    assert changed(mine, built) == {"motion.model_name": "v3_sd15_mm.ckpt"}
    moved = written(mine, models={"mm_sd_v15_v2": "mm_sd_v15.ckpt"})
    assert changed(mine, moved) == {"motion.model_name": "mm_sd_v15.ckpt"}
    assert built.loads[:2] == (f"{CHECKPOINT['name']}.safetensors", "v3_sd15_mm.ckpt")
