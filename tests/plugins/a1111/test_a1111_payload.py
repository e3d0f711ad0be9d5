"""A spec becomes one request that says everything, and nothing that the server would swallow."""

from __future__ import annotations

import base64
import io
import shlex
from pathlib import Path

import pytest
from a1111_given import (
    MODELS,
    OLD_SERVER,
    OPTIONS,
    V1_SERVER,
    V2_SERVER,
    animatediff,
    asked,
    read_travel,
    spec,
)
from animorch_a1111.matching import option
from animorch_a1111.notes import notes
from animorch_a1111.options import same_checkpoint
from animorch_a1111.payload import request
from animorch_a1111.refusals import problems
from hydra.core.override_parser.overrides_parser import OverridesParser
from PIL import Image

from animorch import Lora, Unsupported


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (200, 100), "teal").save(path)
    return path


def test_a_clip_is_one_request_of_one_picture_that_the_extension_makes_a_clip() -> None:
    sent = asked()
    assert sent.route == "txt2img"
    assert (sent.body["n_iter"], sent.body["batch_size"], sent.body["save_images"]) == (1, 1, False)
    assert "override_settings" not in sent.body


def test_animatediff_is_told_in_one_dict_of_accepted_keys() -> None:
    args = animatediff(asked(frames=6))
    assert args.keys() <= (V2_SERVER.args or {}).keys()
    assert args["enable"] is True
    assert (args["video_length"], args["batch_size"]) == (6, 6)
    assert (args["fps"], type(args["fps"])) == (8, int)
    assert args["format"] == ["PNG"]
    assert args["interp"] == "Off"


def test_frames_ask_for_no_more_context_than_the_clip_has() -> None:
    assert animatediff(asked(frames=8, window={"length": 16}))["batch_size"] == 8


@pytest.mark.parametrize(
    ("window", "travel", "loop"),
    [
        ({"closed_loop": False}, None, "R-P"),
        ({"closed_loop": True}, None, "A"),
        ({"closed_loop": False}, {"closed_loop": True, "blend": "slerp"}, "R+P"),
        ({"closed_loop": True}, {"closed_loop": True, "blend": "slerp"}, "A"),
    ],
)
def test_windows_are_told_in_the_extensions_words(
    window: dict[str, bool], travel: dict[str, object] | None, loop: str
) -> None:
    told = {"travel": travel, "prompt_travel": {0: "a", 9: "b"}} if travel else {}
    args = animatediff(
        asked(frames=24, window={"length": 8, "overlap": 3, "stride_levels": 2, **window}, **told)
    )
    assert (args["batch_size"], args["overlap"], args["stride"]) == (8, 3, 2)
    assert args["closed_loop"] == loop


def test_the_motion_module_goes_by_the_files_name_with_its_ending() -> None:
    file = {"name": "v15_v2", "base": "sd15", "family": "v2", "file": "motion/mm_sd_v15_v2.ckpt"}
    assert animatediff(asked(models={}, motion=file))["model"] == "mm_sd_v15_v2.ckpt"
    assert animatediff(asked(motion=file))["model"] == "mm_sd15_v2.safetensors"
    assert animatediff(asked(models={}))["model"] == "v15_v2.safetensors"


def test_settings_hold_the_layers_the_vae_and_lossless_frames() -> None:
    wanted = asked(clip_skip=2, vae={"name": "mse"}, loras=[{"name": "film_grain"}]).settings
    assert wanted["CLIP_stop_at_last_layers"] == 2
    assert wanted["sd_vae"] == "mse.safetensors"
    assert wanted["samples_format"] == "png"
    assert wanted["lora_add_hashes_to_infotext"] is True


def test_a_spec_without_them_takes_back_what_the_server_had_set() -> None:
    wanted = asked().settings
    assert (wanted["CLIP_stop_at_last_layers"], wanted["sd_vae"]) == (1, "None")
    assert wanted.keys() <= OPTIONS.keys()


def test_the_checkpoint_is_the_servers_title() -> None:
    assert asked().checkpoint == "sd15.safetensors [6ce0161689]"
    third = {"name": "third", "base": "sd15", "file": "Third.ckpt"}
    assert asked(checkpoint=third).checkpoint == "anime/third.safetensors"


def test_loras_are_tags_that_leave_the_prompt_as_it_is() -> None:
    loras = [{"name": "film_grain", "weight": 0.8}, {"name": "ink", "path": "x/ink.v1.5.safetensors"}]
    sent = asked(prompt="a red kite", loras=loras, motion_loras=[{"name": "zoom", "weight": -1}], models=ZOOM)
    tags = "<lora:film_grain:0.8><lora:ink.v1.5:1><lora:mm_sd15_v2_lora_ZoomIn:-1>"
    assert sent.body["prompt"] == f"a red kite{tags}"
    assert sent.expected.loras == ("film_grain", "ink.v1.5", "mm_sd15_v2_lora_ZoomIn")
    assert sent.expected.motion_loras == ("mm_sd15_v2_lora_ZoomIn",)


ZOOM = MODELS | {"zoom": "mm_sd15_v2_lora_ZoomIn"}


def test_tags_of_a_travel_stand_in_its_head() -> None:
    travel = {"blend": "slerp", "head": "film still", "tail": "at dusk"}
    sent = asked(prompt_travel={0: "a kite", 3: "a boat"}, travel=travel, loras=[{"name": "film_grain"}])
    assert read_travel(sent.body["prompt"], 6) == (
        ["film still<lora:film_grain:1>"],
        {0: "a kite", 3: "a boat"},
        ["at dusk"],
    )


@pytest.mark.parametrize("prompt", ["3: a cat", "cats\n12: a dog\nmore", "  0: x\n5: y"])
def test_an_ordinary_prompt_never_begins_a_travel(prompt: str) -> None:
    said = asked(prompt=prompt).body["prompt"]
    assert read_travel(said, 6) is None
    assert said.replace(" ", "") == prompt.replace(" ", "")


def test_attention_and_editing_are_a1111s_own_and_kept() -> None:
    prompt = "(a red kite:1.3), [sea] BREAK a dog"
    editing = "[fog:rain:0.5], [mud|sand]"  # refused in the positive prompt
    body = asked(prompt=prompt, negative_prompt=editing).body
    assert (body["prompt"], body["negative_prompt"]) == (prompt, editing)


def test_an_embedding_is_said_in_the_servers_word() -> None:
    sent = asked(
        negative_prompt="embedding:hands, blur",
        embeddings=[{"name": "hands"}],
        models={"hands": "bad-hands-5"},
    )
    assert sent.body["negative_prompt"] == "bad-hands-5, blur"


@pytest.mark.parametrize(
    ("sampler", "schedule", "told"),
    [
        ("dpmpp_2m", "karras", ("DPM++ 2M", "Karras")),
        ("DPM++ 2M SDE", "automatic", ("DPM++ 2M SDE", "Automatic")),
        ("euler_ancestral", "normal", ("Euler a", "Normal")),
        ("dpm_2_ancestral", "sgm_uniform", ("DPM2 a", "SGM Uniform")),
        ("euler", "ddim_uniform", ("Euler", "DDIM")),
        ("lcm", "ays", ("LCM", "Align Your Steps")),
        ("ddim", "normal", ("DDIM", "Automatic")),
    ],
)
def test_samplers_and_schedules_go_by_the_servers_names(
    sampler: str, schedule: str, told: tuple[str, str]
) -> None:
    body = asked(sampler=sampler, schedule=schedule).body
    assert (body["sampler_name"], body["scheduler"]) == told


def test_before_schedulers_a_schedule_is_part_of_the_samplers_name() -> None:
    body = asked(OLD_SERVER, sampler="dpmpp_2m", schedule="karras").body
    assert body["sampler_name"] == "DPM++ 2M Karras"
    assert "scheduler" not in body
    assert asked(OLD_SERVER, sampler="dpmpp_2m", schedule="normal").body["sampler_name"] == "DPM++ 2M"


def test_freeinit_is_told_to_version_2() -> None:
    args = animatediff(asked(freeinit={"iterations": 2, "filter": "gaussian", "spatial": 0.3}))
    assert args["freeinit_enable"] is True
    told = [args[f"freeinit_{key}"] for key in ("filter", "iters", "ds", "dt")]
    assert told == ["gaussian", 2, 0.3, 0.25]


def test_an_image_begins_every_frame_alike(photo: Path) -> None:
    sent = asked(init={"path": str(photo), "strength": 0.4})
    assert (sent.route, sent.body["denoising_strength"]) == ("img2img", 0.4)
    (image,) = sent.body["init_images"]
    assert Image.open(io.BytesIO(base64.b64decode(image))).size == (64, 48)
    args = animatediff(sent)
    faded = [1 - frame ** args["latent_power"] / args["latent_scale"] for frame in range(4096)]
    assert min(faded) > 1 - 1e-9


def test_a_mask_keeps_the_black_part(photo: Path) -> None:
    body = asked(init={"path": str(photo)}, mask={"path": str(photo)}).body
    assert Image.open(io.BytesIO(base64.b64decode(body["mask"]))).mode == "L"
    assert (body["inpainting_fill"], body["mask_blur"], body["inpainting_mask_invert"]) == (1, 0, 0)


def test_a_control_image_goes_to_a_unit_without_preprocessor(photo: Path) -> None:
    net = {"name": "canny", "file": "control_v11p_sd15_canny.pth", "pictures": str(photo), "weight": 0.7}
    sent = asked(V1_SERVER, controlnets=[net | {"end": 0.5, "guess_mode": True}])
    (unit,) = sent.body["alwayson_scripts"]["ControlNet"]["args"]
    assert unit["model"] == "control_v11p_sd15_canny [d14c016b]"
    assert (unit["module"], unit["weight"], unit["guidance_end"]) == ("none", 0.7, 0.5)
    assert unit["control_mode"] == "ControlNet is more important"
    assert sent.expected.controls == 1


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = spec(sampler="eular", width=65, checkpoint={"name": "sd16", "base": "sd15"}, motion_scale=2)
    found = " ".join(problems(wrong, V2_SERVER, MODELS))
    for said in ("did you mean euler", "width=65", "close are sd15", "motion_scale"):
        assert said in found
    with pytest.raises(Unsupported, match="motion_scale"):
        request(wrong, V2_SERVER, MODELS)


def test_a_name_that_fits_two_files_is_refused_naming_both() -> None:
    twin = spec(checkpoint={"name": "twin", "base": "sd15"})
    (said,) = problems(twin, V2_SERVER, MODELS)
    assert "one/twin.safetensors" in said
    assert "two/twin.safetensors" in said
    assert asked(checkpoint={"name": "two/twin", "base": "sd15"}).checkpoint == "two/twin.safetensors"


@pytest.mark.parametrize(
    ("name", "file", "word"),
    [
        ("grainn", "film_grain", "backend.models.grainn='film_grain'"),
        ("film.v1", "film_grain", "backend.models='{film.v1: film_grain}'"),
        ("grainn", "film [v2].pt", "backend.models.grainn='\"film [v2].pt\"'"),
    ],
)
def test_the_option_that_a_sentence_proposes_is_understood(name: str, file: str, word: str) -> None:
    said = option(Lora(name=name), file)
    assert said == word
    (typed,) = shlex.split(said)
    value = OverridesParser.create().parse_override(typed).value()
    found = value[name] if isinstance(value, dict) else value
    assert getattr(found, "text", found) == file


def test_brackets_in_a_files_name_are_no_hash() -> None:
    assert not same_checkpoint("dream [full].safetensors", "dream [pruned].safetensors")
    assert same_checkpoint("dream [full].safetensors [6ce0161689]", "dream [full].safetensors")


def test_a_plan_is_told_what_is_otherwise_on_a1111() -> None:
    told = " ".join(notes(spec(window={"length": 4, "overlap": 2})))
    assert "seed + i" in told
    assert "overlap" in told
