"""Each field of a spec is accepted or refused, as docs/a1111.md says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from a1111_given import MODELS, OLD_SERVER, V1_SERVER, V2_SERVER, asked, spec
from animorch_a1111.offers import Offers
from animorch_a1111.refusals import problems, unsupported
from PIL import Image

from animorch import RenderSpec

PAGE = Path(__file__).parents[3] / "docs" / "a1111.md"
V1_MODULE = {"name": "v14", "base": "sd15", "family": "v1", "table": 24}
XL = {
    "checkpoint": {"name": "third", "base": "sdxl"},
    "motion": {
        "name": "xl",
        "base": "sdxl",
        "family": "sdxl",
        "beta_end": 0.02,
        "beta_schedule": "scaled_linear",
    },
}
TRAVEL = {0: "a kite", 4: "a boat"}
SLERP = {"blend": "slerp"}

ACCEPTED: list[tuple[str, dict[str, Any], Offers]] = [
    ("checkpoint", {"checkpoint": {"name": "third", "base": "sd15"}}, V2_SERVER),
    ("motion", {"motion": V1_MODULE}, V2_SERVER),
    ("motion", XL, V2_SERVER),
    ("vae", {"vae": {"name": "mse"}}, V2_SERVER),
    ("embeddings", {"embeddings": ["easynegative"], "negative_prompt": "EasyNegative"}, V2_SERVER),
    ("loras", {"loras": [{"name": "grain"}]}, V2_SERVER),
    ("motion_loras", {"motion_loras": [{"name": "mm_sd15_v2_lora_zoomin"}]}, V2_SERVER),
    ("motion_scale", {"motion_scale": 1}, V2_SERVER),
    ("prompt", {"prompt": "(a boat:1.2)"}, V2_SERVER),
    ("negative_prompt", {"negative_prompt": "text AND frame"}, V2_SERVER),
    ("prompt_travel", {"prompt_travel": TRAVEL, "travel": SLERP}, V1_SERVER),
    ("travel", {"travel": {"head": "film", "tail": "at dusk"}}, V2_SERVER),
    ("travel", {"prompt_travel": TRAVEL, "travel": SLERP | {"hold": 0.5}}, V2_SERVER),
    ("steps", {"steps": 9}, V2_SERVER),
    ("cfg", {"cfg": 1}, V2_SERVER),
    ("sampler", {"sampler": "UniPC"}, V2_SERVER),
    ("schedule", {"sampler": "euler", "schedule": "karras"}, V2_SERVER),
    ("seed", {"seed": 2**64 - 6}, V2_SERVER),
    ("width", {"width": 72}, V2_SERVER),
    ("height", {"height": 72}, V2_SERVER),
    ("frames", {"frames": 32}, V2_SERVER),
    ("window", {"frames": 200, "window": {"length": 32}}, V2_SERVER),
    ("clip_skip", {"clip_skip": 2}, V2_SERVER),
    ("group_norm", {"group_norm": "frame"}, V2_SERVER),
    ("group_norm", {"group_norm": "clip", "motion": V1_MODULE}, V2_SERVER),
    ("freeinit", {"freeinit": {"iterations": 2, "filter": "ideal", "order": 9}}, V2_SERVER),
    ("init", {"init": "PHOTO"}, V2_SERVER),
    ("mask", {"init": "PHOTO", "mask": "PHOTO"}, V1_SERVER),
    ("controlnets", {"controlnets": [{"name": "control_v11p_sd15_canny", "pictures": "PHOTO"}]}, V1_SERVER),
]
REFUSED: list[tuple[str, dict[str, Any], Offers, str]] = [
    ("checkpoint", {"checkpoint": {"name": "none", "base": "sd15"}}, V2_SERVER, "backend.models.none="),
    ("motion", {"motion": V1_MODULE | {"beta_end": 0.02}}, V2_SERVER, "set motion.beta_schedule=linear"),
    ("motion", {"motion": V1_MODULE | {"family": "v2", "table": 64}}, V2_SERVER, "64 positions"),
    ("motion", {}, replace(V2_SERVER, args=None), "no extension AnimateDiff"),
    ("vae", {"vae": {"name": "kl-f8"}}, V2_SERVER, "it has mse.safetensors"),
    ("embeddings", {"embeddings": ["easynegative"]}, V2_SERVER, "is in no prompt"),
    ("embeddings", {"negative_prompt": "easynegative"}, V2_SERVER, "embeddings=[{name: easynegative}]"),
    ("loras", {"loras": [{"name": "film_grian"}]}, V2_SERVER, "close are film_grain"),
    ("loras", {"loras": [{"name": "film_grain", "blocks": {"mid": 0}}]}, V2_SERVER, "single blocks"),
    ("loras", {"loras": [{"name": "film_grain"}, {"name": "grain"}]}, V2_SERVER, "are one file"),
    ("motion_loras", {"motion": V1_MODULE, "motion_loras": ["z"]}, V2_SERVER, "v2 motion modules only"),
    ("motion_loras", {"motion_loras": ["v2_lora_ZoomIn.ckpt"]}, V2_SERVER, "mm_sd15_v2_lora_ZoomIn"),
    ("motion_scale", {"motion_scale": 1.4}, V2_SERVER, "set it to 1"),
    ("prompt", {"prompt": "a kite <lora:x:1>"}, V2_SERVER, "name LoRAs in loras"),
    ("prompt", {"prompt": "a kite AND a boat"}, V2_SERVER, "write it small"),
    ("prompt", {"prompt": "a [red:blue:0.5] kite"}, V2_SERVER, "first step"),
    ("prompt", {"prompt": "a [red|blue] kite"}, V2_SERVER, "first step"),
    ("prompt", {"prompt": "kite #5, red"}, V2_SERVER, "for a comment"),
    ("prompt", {"prompt": "kite #5"}, replace(V2_SERVER, options={"sd_vae": "None"}), "for a comment"),
    ("prompt_travel", {"prompt_travel": TRAVEL}, V2_SERVER, "set travel.blend=slerp"),
    ("prompt_travel", {"prompt_travel": {0: "a", 4: ""}, "travel": SLERP}, V2_SERVER, "[4] is empty"),
    (
        "prompt_travel",
        {"prompt_travel": TRAVEL, "travel": SLERP},
        replace(V1_SERVER, controls=None),
        "only beside the extension ControlNet",
    ),
    ("negative_travel", {"negative_travel": TRAVEL}, V2_SERVER, "does not have"),
    ("travel", {"prompt_travel": TRAVEL, "travel": SLERP | {"closed_loop": True}}, V2_SERVER, "window"),
    ("travel", {"travel": SLERP}, V2_SERVER, "none to blend"),
    ("sampler", {"sampler": "dpmpp_2m_karras"}, V2_SERVER, "sampler=dpmpp_2m schedule=karras"),
    ("sampler", {"sampler": "dpm_adaptive"}, V2_SERVER, "own steps"),
    ("schedule", {"schedule": "karras"}, V2_SERVER, "no effect on sampler=ddim"),
    ("schedule", {"sampler": "euler", "schedule": "beta"}, V2_SERVER, "none of the server's"),
    ("schedule", {"sampler": "euler", "schedule": "karras"}, OLD_SERVER, "older than 1.9.1"),
    ("seed", {"seed": 2**64 - 1}, V2_SERVER, "the last would have"),
    ("width", {"width": 65}, V2_SERVER, "use width=64"),
    ("height", {"height": 71}, V2_SERVER, "use height=72"),
    ("frames", {"frames": 33, "motion": V1_MODULE | {"family": "v3", "table": None}}, V2_SERVER, "the 32"),
    ("window", {"window": {"length": 4, "overlap": 1, "schedule": "uniform"}}, V2_SERVER, "looped_uniform"),
    ("window", {"window": {"length": 4, "overlap": 1, "fuse": "pyramid"}}, V2_SERVER, "window.fuse=flat"),
    (
        "window",
        {
            "window": {"length": 4, "overlap": 1, "closed_loop": True},
            "prompt_travel": TRAVEL,
            "travel": SLERP,
        },
        V2_SERVER,
        "travel.closed_loop=true as well",
    ),
    ("clip_skip", {"clip_skip": 2}, replace(V2_SERVER, options={}), "CLIP_stop_at_last_layers"),
    ("clip_skip", {"clip_skip": 2, **XL}, V2_SERVER, "set clip_skip=1"),
    ("group_norm", {"group_norm": "clip"}, V2_SERVER, "set group_norm=frame"),
    ("freeinit", {"freeinit": {"iterations": 2}}, V1_SERVER, "version 1"),
    ("freeinit", {"freeinit": {"order": 2}}, V2_SERVER, "set freeinit.order=4"),
    ("freeinit", {"freeinit": {"fast": True}}, V2_SERVER, "freeinit.fast=false"),
    ("freenoise", {"freenoise": {"length": 4}}, V2_SERVER, "no freenoise"),
    ("init", {"init": "FOLDER"}, V2_SERVER, "one image"),
    ("init", {"init": "FILM"}, V2_SERVER, "is a film"),
    ("mask", {"mask": "PHOTO"}, V2_SERVER, "there is no init"),
    ("controlnets", {"controlnets": [{"name": "c", "pictures": "PHOTO"}]}, V2_SERVER, "does not have"),
    (
        "controlnets",
        {"controlnets": [{"name": "control_v11p_sd15_canny", "pictures": "PHOTO"}]},
        replace(V2_SERVER, controls=V1_SERVER.controls),
        "version 2",
    ),
    ("sparse_control", {"sparse_control": {"name": "s", "keyframes": {0: "PHOTO"}}}, V2_SERVER, "backend="),
    ("ip_adapters", {"ip_adapters": [{"name": "i", "images": "PHOTO"}]}, V2_SERVER, "backend="),
    ("regions", {"regions": [{"prompt": "x", "mask": "PHOTO"}]}, V2_SERVER, "backend="),
]


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, str]:
    one = Image.new("RGB", (64, 64), "teal")
    one.save(tmp_path / "photo.png")
    one.save(tmp_path / "film.gif", save_all=True, append_images=[Image.new("RGB", (64, 64), "red")])
    return {"PHOTO": str(tmp_path / "photo.png"), "FOLDER": str(tmp_path), "FILM": str(tmp_path / "film.gif")}


def filled(value: Any, pictures: dict[str, str]) -> Any:
    """The same with real paths for PHOTO, FOLDER and FILM; a bare one is a table with that path."""
    if isinstance(value, dict):
        return {
            key: {"path": pictures[item]}
            if key in ("init", "mask") and item in pictures and "prompt" not in value
            else filled(item, pictures)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [filled(item, pictures) for item in value]
    return pictures.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize(("field", "change", "server"), ACCEPTED)
def test_it_is_accepted(field: str, change: dict[str, Any], server: Offers, pictures: dict[str, str]) -> None:
    assert asked(server, **filled(change, pictures)).body["prompt"]


@pytest.mark.parametrize(("field", "change", "server", "said"), REFUSED)
def test_it_is_refused_with_what_to_do(
    field: str, change: dict[str, Any], server: Offers, said: str, pictures: dict[str, str]
) -> None:
    found = problems(spec(**filled(change, pictures)), server, MODELS)
    assert any(said in one for one in found), found


def test_the_table_leaves_no_field_out() -> None:
    assert {row[0] for row in [*ACCEPTED, *REFUSED]} == RenderSpec.model_fields.keys()


def test_the_page_says_of_each_field_what_the_tests_show() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.read_text(), re.MULTILINE))
    assert rows.keys() >= RenderSpec.model_fields.keys()
    accepted = {row[0] for row in ACCEPTED}
    for field in RenderSpec.model_fields:
        assert (rows[field] == "refused") == (field not in accepted), field
        assert rows[field] != "refused" or field in {row[0] for row in REFUSED}


def test_what_no_server_can_do_is_known_without_one() -> None:
    assert not list(unsupported(spec()))
    assert list(unsupported(spec(motion_scale=2, freenoise={"length": 4}, negative_travel={0: "x"})))
