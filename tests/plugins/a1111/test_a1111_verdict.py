"""A reply counts when it is the clip that was asked for; everything else is told with its likely cause."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from a1111_given import MODELS, V1_SERVER, V2_SERVER, asked, encoded, pictures, reply
from animorch_a1111.fault import Fault
from animorch_a1111.reply import kind
from animorch_a1111.request import Request
from animorch_a1111.verdict import verdict
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from animorch import BackendError

ZOOM = MODELS | {"zoom": "mm_sd15_v2_lora_ZoomIn"}


def faulty(sent: Request, body: Any, status: int = 200) -> Fault:
    with pytest.raises(BackendError) as caught:
        verdict(status, body, sent.expected)
    assert isinstance(caught.value, Fault)
    assert str(caught.value).strip()
    return caught.value


def test_the_frames_of_a_right_reply_are_those_it_holds() -> None:
    sent = asked()
    judged = verdict(200, reply(sent), sent.expected)
    assert np.array_equal(judged.frames, pictures(6))
    assert judged.frames.dtype == np.uint8
    assert "AnimateDiff: model: mm_sd15_v2.safetensors" in judged.infotext


def test_the_record_is_told_versions_and_hashes() -> None:
    sent = asked(sampler="euler", schedule="karras", loras=["film_grain.safetensors"])
    facts = verdict(200, reply(sent), sent.expected).facts
    assert facts == {
        "webui": "v1.10.1",
        "animatediff": "v2.0.1-a",
        "checkpoint": "sd15",
        "checkpoint_hash": "6ce0161689",
        "motion": "mm_sd15_v2.safetensors",
        "mm_hash": "5edf5eb3",
        "sampler": "Euler",
        "schedule": "Karras",
        "lora_hashes": "film_grain: aaaaaaaaaaaa",
        "seeds": "frame i has seed + i",
    }


def test_embeddings_are_those_that_the_spec_lists() -> None:
    telling = replace(
        V2_SERVER, options={**V2_SERVER.options, "textual_inversion_add_hashes_to_infotext": False}
    )
    sent = asked(telling, negative_prompt="easynegative", embeddings=["easynegative"])
    assert sent.settings["textual_inversion_add_hashes_to_infotext"] is True
    right = reply(sent, **{"TI hashes": "EasyNegative: c74b4e810b03"})
    assert verdict(200, right, sent.expected).facts["ti_hashes"]
    assert "was not used" in str(faulty(sent, reply(sent)))
    other = reply(sent, **{"TI hashes": "easynegative: c7, sea: a1"})
    assert "list it, as in embeddings=[{name: sea}]" in str(faulty(sent, other))


def test_seeds_are_compared_to_the_last_bit() -> None:
    sent = asked(seed=2**53 + 1)
    assert "seed=" in str(faulty(sent, reply(sent, seed=2**53)))


def test_the_record_says_whether_the_module_is_the_published_file() -> None:
    sent = asked()
    for hash_, said in (("5edf5eb3" + "0" * 56, "yes"), ("a" * 64, "no")):
        expected = replace(sent.expected, published=(hash_,))
        facts = verdict(200, reply(sent), expected).facts
        assert facts["motion_is_the_published_file"] == said


def test_kinds_are_known_by_first_bytes_wherever_they_stand() -> None:
    sent = asked()
    frames = [encoded(one) for one in pictures()]
    film = base64.b64encode(b"\x00\x00\x00 ftypisom....").decode()
    gif = encoded(pictures()[0], "GIF")
    judged = verdict(200, reply(sent, [*frames[:2], film, *frames[2:], gif]), sent.expected)
    assert np.array_equal(judged.frames, pictures())


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"GIF89a", "gif"),
        (b"\x00\x00\x00 ftypisom", "mp4"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
        (b"\x1aE\xdf\xa3", "webm"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"", "?"),
    ],
)
def test_first_bytes(data: bytes, name: str) -> None:
    assert kind(data) == name


def test_a_grid_before_the_frames_is_no_frame() -> None:
    sent = asked()
    frames = [encoded(one) for one in pictures()]
    judged = verdict(
        200, reply(sent, [encoded(pictures()[3]), *frames], index_of_first_image=1), sent.expected
    )
    assert np.array_equal(judged.frames, pictures())


def test_one_still_is_a_missing_module() -> None:
    sent = asked()
    fault = faulty(sent, reply(sent, [encoded(pictures()[0])], AnimateDiff=None))
    assert fault.cause == "absent"
    assert not fault.poisoned
    assert "mm_sd15_v2.safetensors" in str(fault)
    assert "backend.models.v15_v2 to" in str(fault)


def test_unrelated_stills_of_version_1_are_a_missing_module() -> None:
    sent = asked(V1_SERVER)
    fault = faulty(sent, reply(sent, AnimateDiff=None))
    assert (fault.cause, fault.poisoned) == ("absent", False)
    assert "nothing to do together" in str(fault)


def test_frames_of_version_2_without_animatediff_poisoned_the_server() -> None:
    travel = {"prompt_travel": {0: "a", 4: "b"}, "travel": {"blend": "slerp"}}
    sent = asked(**travel)
    fault = faulty(sent, reply(sent, AnimateDiff=None))
    assert (fault.cause, fault.poisoned) == ("swallowed", True)
    assert "travel" in str(fault)


def test_a_single_frame_without_animatediff_is_no_clip() -> None:
    sent = asked(frames=1)
    assert faulty(sent, reply(sent, AnimateDiff=None)).cause == "absent"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"AnimateDiff": "model: other.ckpt, video_length: 6, batch_size: 6"}, "model=other.ckpt"),
        ({"AnimateDiff": "model: mm_sd15_v2.safetensors, video_length: 8, batch_size: 6"}, "video_length=8"),
        ({"AnimateDiff": "model: mm_sd15_v2.safetensors, video_length: 6"}, "does not say its batch_size"),
        ({"sampler_name": "DPM++ 2M"}, "sampled with DPM++ 2M instead of Euler"),
        ({"Schedule type": None}, "Automatic instead of Karras"),
        ({"sd_model_hash": "ffffffffff", "sd_model_name": "third"}, "checkpoint third"),
        ({"sd_vae_name": "mse.safetensors"}, "VAE mse.safetensors"),
        ({"Lora hashes": None}, "the LoRA film_grain was not used"),
        ({"width": 56}, "width=56"),
        ({"steps": 2}, "steps=2"),
        ({"clip_skip": 2}, "clip_skip=2"),
        ({"all_seeds": [0] * 6}, "seeds begin [0, 0, 0]"),
    ],
)
def test_what_is_otherwise_than_asked_is_named(changes: dict[str, Any], said: str) -> None:
    sent = asked(sampler="euler", schedule="karras", loras=["film_grain"])
    fault = faulty(sent, reply(sent, **changes))
    assert (fault.cause, fault.poisoned) == ("different", False)
    assert said in str(fault)


def test_freeinit_that_was_dropped_is_told() -> None:
    sent = asked(freeinit={"iterations": 2})
    said = "model: mm_sd15_v2.safetensors, video_length: 6, batch_size: 6, freeinit_enable: False"
    assert "freeinit_enable=False" in str(faulty(sent, reply(sent, AnimateDiff=said)))


def test_the_pictures_that_controlnet_lays_behind_the_frames_are_no_frames(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "teal").save(tmp_path / "edges.png")
    net = {"name": "control_v11p_sd15_canny", "pictures": str(tmp_path / "edges.png")}
    sent = asked(V1_SERVER, controlnets=[net])
    frames = pictures(6)
    found = [encoded(one) for one in (*frames, np.full_like(frames[0], 200))]
    assert np.array_equal(verdict(200, reply(sent, found), sent.expected).frames, frames)
    assert "7 PNG" in str(faulty(asked(), reply(asked(), found)))


def test_a_number_of_the_info_below_none_is_none() -> None:
    sent = asked()
    assert len(verdict(200, reply(sent, index_of_first_image=-7), sent.expected).frames) == 6


def test_a_travel_that_was_not_followed_is_told() -> None:
    sent = asked(V1_SERVER, prompt_travel={0: "a kite", 4: "a boat"}, travel={"blend": "slerp"})
    fault = faulty(sent, reply(sent, all_prompts=[sent.body["prompt"]] * 6))
    assert "frame 0" in str(fault)
    assert "ControlNet" in str(fault)


@pytest.mark.parametrize(("server", "layout"), [(V2_SERVER, "conrevo"), (V1_SERVER, "guoyww")])
def test_a_motion_lora_of_the_other_layout_is_told(server: Any, layout: str) -> None:
    sent = asked(server, ZOOM, motion_loras=["zoom"])
    assert layout in str(faulty(sent, reply(sent, **{"Lora hashes": None})))


@pytest.mark.parametrize("count", [0, 1, 5, 7, 12])
def test_another_count_of_frames_is_no_clip(count: int) -> None:
    frames = [encoded(one) for one in pictures(12)[:count]]
    sent = asked()
    fault = faulty(sent, reply(sent, frames))
    assert fault.cause == "frames"
    assert "6 frames were asked for" in str(fault)


def test_another_size_is_no_clip() -> None:
    frames = [encoded(one) for one in pictures(6, 32, 48)]
    sent = asked()
    assert "32x48 came back" in str(faulty(sent, reply(sent, frames)))


def test_lossy_frames_are_no_clip() -> None:
    frames = [encoded(one, "JPEG") for one in pictures()]
    sent = asked()
    assert "samples_format" in str(faulty(sent, reply(sent, frames)))


def test_black_frames_are_nans() -> None:
    frames = pictures().copy()
    frames[2:4] = 0
    sent = asked()
    fault = faulty(sent, reply(sent, [encoded(one) for one in frames]))
    assert fault.cause == "black"
    assert "2 of 6" in str(fault)


def test_one_picture_six_times_is_no_clip() -> None:
    frames = [encoded(pictures()[0])] * 6
    sent = asked()
    assert "one and the same picture" in str(faulty(sent, reply(sent, frames)))


@pytest.mark.parametrize("body", [{"images": []}, {"images": ["?"], "info": "no json"}, "gateway", None, []])
def test_what_is_no_reply_is_no_clip(body: Any) -> None:
    faulty(asked(), body)


def test_broken_pictures_are_no_clip() -> None:
    sent = asked()
    cut = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 40).decode()
    assert "broken PNG" in str(faulty(sent, reply(sent, [cut] * 6)))
    assert "no base64" in str(faulty(sent, reply(sent, ["?!"] * 6)))


ERRORS = [
    (500, {"error": "EinopsError", "detail": "", "errors": "can't divide axis"}, "swallowed", True),
    (500, {"error": "IndexError", "errors": "index 4 is out of bounds for dimension 0"}, "padding", False),
    (
        500,
        {"error": "RuntimeError", "detail": "size of tensor a (40) must match tensor b (32)"},
        "table",
        False,
    ),
    (500, {"error": "NansException", "detail": "A tensor with all NaNs"}, "nan", False),
    (500, {"error": "OutOfMemoryError", "errors": "CUDA out of memory"}, "memory", True),
    (500, {"error": "HTTPException", "detail": "Invalid encoded image"}, "request", False),
    (500, {"error": "KeyError", "errors": "'x'"}, "server", True),
    (500, "Internal Server Error", "server", True),
    (422, {"error": "HTTPException", "detail": "Script 'AnimateDiff' not found"}, "absent", False),
    (422, {"detail": [{"loc": ["body", "steps"], "msg": "not an integer"}]}, "request", False),
    (404, {"detail": "Not Found"}, "api", False),
    (405, {"detail": "Method Not Allowed"}, "api", False),
    (401, {"error": "HTTPException", "detail": "Not authenticated"}, "login", False),
    (502, "<html>Bad Gateway</html>", "server", False),
]


@pytest.mark.parametrize(("status", "body", "cause", "poisoned"), ERRORS)
def test_errors_are_told_by_their_cause(status: int, body: Any, cause: str, poisoned: bool) -> None:
    fault = faulty(asked(), body, status)
    assert (fault.cause, fault.poisoned) == (cause, poisoned)
    assert ";" in str(fault)


def test_a_missing_login_or_extension_stops_all_that_follows() -> None:
    hopeless = [faulty(asked(), body, status).hopeless for status, body, _, _ in ERRORS]
    assert [status for (status, *_), stops in zip(ERRORS, hopeless, strict=True) if stops] == [
        422,
        404,
        405,
        401,
    ]


def test_a_long_error_is_cut_short() -> None:
    assert len(str(faulty(asked(), {"error": "E", "errors": "x" * 9000}, 500))) < 500


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["images", "info", "detail", "errors", "error", "extra_generation_params"]), inner
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(anything, anything, st.sampled_from([200, 401, 404, 422, 500, 503]))
def test_no_answer_makes_it_stumble(body: Any, info: Any, status: int) -> None:
    sent = asked()
    with pytest.raises(Fault):
        verdict(status, body, sent.expected)
    with pytest.raises(Fault):
        verdict(200, {"images": body, "info": json.dumps(info)}, sent.expected)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(json.loads(reply(asked())["info"]))), anything)
def test_no_value_in_the_info_makes_it_stumble(key: str, value: Any) -> None:
    sent = asked()
    body = reply(sent)
    body["info"] = json.dumps(json.loads(body["info"]) | {key: value})
    try:
        assert len(verdict(200, body, sent.expected).frames) == 6
    except Fault:
        return
