"""What a server calls the weights of a spec."""

from __future__ import annotations

from typing import Any

import pytest
from animorch_comfyui.graph import build
from animorch_comfyui.naming import served
from animorch_comfyui.offers import Offers
from comfyui_graphs import graph, inputs, offers, server, spec

from animorch import Unsupported, Weights, WeightsError

HAS = ("sd15.safetensors", "styles\\ink.safetensors", "a/film.pt", "b/film.pt", "Mixed_Case.ckpt")


def name(asked: dict[str, Any], has: tuple[str, ...] = HAS, **models: str) -> str:
    return served(Weights(**{"name": "x"} | asked), "loras[0]", has, models)


def test_the_servers_own_spelling_is_sent() -> None:
    assert name({"path": "/here/styles/ink.safetensors"}) == "styles\\ink.safetensors"
    assert name({"path": "C:\\models\\sd15.safetensors"}) == "sd15.safetensors"
    assert name({"repo": "who/what", "file": "loras/ink.safetensors"}) == "styles\\ink.safetensors"
    assert name({"name": "sd15"}) == "sd15.safetensors"


def test_case_and_then_the_ending_are_overlooked() -> None:
    assert name({"path": "mixed_case.ckpt"}) == "Mixed_Case.ckpt"
    assert name({"path": "mixed_case.safetensors"}) == "Mixed_Case.ckpt"
    assert name({"path": "ink.ckpt"}) == "styles\\ink.safetensors"
    both = ("ink.ckpt", "ink.safetensors")
    assert name({"path": "ink.safetensors"}, both) == "ink.safetensors"


def test_the_option_comes_first() -> None:
    assert name({"name": "mine", "path": "sd15.safetensors"}, mine="b/film.pt") == "b/film.pt"
    with pytest.raises(WeightsError, match=r"no file nowhere\.pt"):
        name({"name": "mine", "path": "sd15.safetensors"}, mine="nowhere.pt")


def test_two_of_one_name_are_refused_by_naming_both() -> None:
    with pytest.raises(WeightsError, match=r"a/film\.pt and b/film\.pt.*backend\.models\.x='a/film\.pt'"):
        name({"path": "film.pt"})
    assert name({"path": "film.pt"}, ("a/film.pt", "film.pt")) == "film.pt"


def test_a_missing_file_is_told_with_close_names_and_the_option_to_set() -> None:
    with pytest.raises(
        WeightsError, match=r"close are sd15\.safetensors.*backend\.models\.x='sd15\.safetensors'"
    ):
        name({"path": "sd15_v2.safetensors"})
    with pytest.raises(WeightsError, match="it has none of this kind"):
        name({"path": "sd15.safetensors"}, ())


def test_a_name_with_a_dot_is_no_path_of_keys() -> None:
    with pytest.raises(WeightsError, match=r"\"backend\.models=\{ink2\.pt: 'styles\\ink\.safetensors'\}\""):
        name({"name": "ink2.pt"})


def test_all_that_is_missing_is_told_at_once() -> None:
    asked = spec(
        checkpoint={"name": "other", "base": "sd15"},
        loras=["random_stile.safetensors"],
        motion={"name": "v15_v2", "base": "sd15", "file": "mm_sd_v15_v3.ckpt"},
        sampler="eulr",
        schedule="align_your_steps",
        prompt_travel={0: "a", 4: "b"},
    )
    with pytest.raises(Unsupported) as caught:
        build(
            asked,
            offers(
                "BatchPromptSchedule*",
                "ADE_PromptScheduling",
                "ADE_LoadAnimateDiffModel",
                "ADE_AnimateDiffLoaderGen1",
            ),
        )
    said = str(caught.value)
    for words in (
        "github.com/Kosinkadink/ComfyUI-AnimateDiff-Evolved",
        "ADE_LoadAnimateDiffModel, ADE_PromptScheduling",
        "checkpoint=other",
        "random_style.safetensors",
        "sampler=eulr is none that the server has; close are euler",
        "schedule=align_your_steps is none that ComfyUI has; the nearest is schedule=kl_optimal",
    ):
        assert words in said, words


def test_numbers_out_of_the_servers_limits_are_told_by_the_specs_field() -> None:
    asked = spec(motion_loras=["v2_lora_ZoomIn:-0.5"], width=8, frames=40, window={"length": 32})
    with pytest.raises(Unsupported, match=r"motion_loras\[0\]\.weight=-0\.5 is below 0.*width=8 is below 16"):
        build(asked, offers())


def test_textual_inversions_are_named_in_prompts_as_comfyui_wants_them() -> None:
    embeddings = [{"name": "badhands"}, {"name": "bad", "file": "badly.pt"}]
    asked = spec(
        prompt="a fox", negative_prompt="(badhands:1.2), Bad, embedding:bad, badge", embeddings=embeddings
    )
    text = graph(asked)["negative"]["inputs"]["text"]
    assert " ".join(text.split()) == "( embedding:badhands :1.2), embedding:badly , embedding:badly , badge"


def test_textual_inversions_are_sought_where_the_servers_list_is_known() -> None:
    has = Offers(server().info(), ["badhands", "sub/easynegative"])
    asked = spec(negative_prompt="easynegative", embeddings=[{"name": "easynegative"}])
    assert "embedding:sub/easynegative" in build(asked, has).graph["negative"]["inputs"]["text"]
    with pytest.raises(Unsupported, match="the server has no file"):
        build(spec(negative_prompt="other", embeddings=[{"name": "other"}]), has)


def test_backend_models_name_any_kind_of_weights() -> None:
    asked = spec(vae={"name": "mse"}, negative_prompt="bad", embeddings=[{"name": "bad"}])
    models = {"mse": "vae-ft-mse-840000-ema-pruned.safetensors", "bad": "badhands.safetensors"}
    found = build(asked, offers(), models).graph
    assert inputs(found, "VAELoader")["vae_name"] == models["mse"]
    assert "embedding:badhands " in found["negative"]["inputs"]["text"]


def test_both_spellings_of_a_combo_are_read() -> None:
    has = Offers(
        {
            "Old": {"input": {"required": {"name": [["a", "b"], {"tooltip": "x"}]}}, "output": ["X"]},
            "New": {
                "input": {
                    "required": {"name": ["COMBO", {"options": ["a", "b"], "default": "b"}]},
                    "optional": {"size": ["INT", {"min": 1, "max": 9}], "image": ["IMAGE"]},
                    "hidden": {"prompt": "PROMPT"},
                },
                "output": [],
                "output_node": True,
            },
        }
    )
    assert has.choices("Old", "name") == has.choices("New", "name") == ("a", "b")
    new = has.inputs("New")
    assert new.keys() == {"name", "size", "image"}
    assert (new["name"].default, new["size"].low, new["size"].high) == ("b", 1, 9)
    assert (new["image"].linked, new["size"].linked, new["size"].required) == (True, False, False)
    assert (has.is_output("New"), has.is_output("Old"), has.outputs("Old")) == (True, False, ("X",))
    assert (has.has("None"), has.inputs("None"), has.choices("None", "name")) == (False, {}, ())
