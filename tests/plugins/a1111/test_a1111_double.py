"""The protocol double: a clip, its video and its infotext come as the measured server gives them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest
from a1111_person import Person, asked, same, somebody
from PIL import Image


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    """A healthy server; tests that use it leave it clean."""
    with somebody() as found:
        yield found


def test_a_clip_comes_back_as_a_video_and_lossless_frames(person: Person) -> None:
    reply = person.make(asked())
    assert reply.kinds == ["gif", "png", "png", "png", "png"]
    assert same(reply.frames, person.double.expected(asked()))
    assert "video_length: 4, fps: 8" in reply.extra["AnimateDiff"]
    assert "mm_hash: " in reply.extra["AnimateDiff"]
    assert person.double.jobs[-1].right


def test_videos_come_in_a_fixed_order_before_the_frames(person: Person) -> None:
    reply = person.make(asked(args={"format": ["Frame", "WEBM", "WEBP", "MP4", "GIF", "PNG", "TXT"]}))
    assert reply.kinds == ["gif", "mp4", "webp", "webm"] + ["png"] * 4
    assert person.make(asked(args={"format": ["PNG"]})).kinds == ["png"] * 4
    assert person.make(asked(args={"format": ["PNG", "MP4"]})).kinds == ["mp4"]


def test_the_infotext_is_in_every_picture_and_the_gif(person: Person) -> None:
    reply = person.make(asked())
    text = reply.info["infotexts"][0]
    assert Image.open(io.BytesIO(reply.files[1])).info["parameters"].startswith("a cat\nSteps: 4")
    assert Image.open(io.BytesIO(reply.files[0])).info["comment"].decode() == text
    image = base64.b64encode(reply.files[0]).decode()
    assert person.post("png-info", {"image": image}).json()["info"] == text


def test_a_request_id_is_in_the_info_and_changes_no_pixel(person: Person) -> None:
    reply = person.make(asked(args={"request_id": "point7"}))
    assert "request_id: point7" in reply.extra["AnimateDiff"]
    assert same(reply.frames, person.double.expected(asked()))


def test_gif_delays_are_rounded_down_to_hundredths(person: Person) -> None:
    assert Image.open(io.BytesIO(person.make(asked()).files[0])).info["duration"] == 120


def test_each_frame_has_the_seed_of_its_number(person: Person) -> None:
    reply = person.make(asked())
    assert reply.info["all_seeds"] == [5, 6, 7, 8]
    shifted = person.make(asked(seed=6))
    assert same(reply.frames[1:], shifted.frames[:3])


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "a dog"},
        {"negative_prompt": "text"},
        {"steps": 5},
        {"cfg_scale": 4.5},
        {"sampler_name": "Euler a"},
        {"scheduler": "Karras"},
        {"prompt": "a cat<lora:film_grain:0.8>"},
        {"prompt": "a cat<lora:zoom_in:1>"},
        {"override_settings": {"CLIP_stop_at_last_layers": 2}},
        {"override_settings": {"sd_vae": "other.safetensors"}},
        {"args": {"model": "v14.safetensors"}},
        {"args": {"freeinit_enable": True}},
        {"prompt": "0: a cat\n2: a dog"},
    ],
)
def test_every_fact_of_a_request_is_another_clip(person: Person, change: dict[str, Any]) -> None:
    body = asked(**change)
    reply = person.make(body)
    assert same(reply.frames, person.double.expected(body))
    assert not same(reply.frames, person.double.expected(asked()))
    assert person.double.jobs[-1].right


def test_travel_says_each_frames_prompt_and_keeps_the_lines(person: Person) -> None:
    reply = person.make(asked(prompt="oil paint\n0: a cat\n2: a dog\nat dusk"))
    assert reply.info["all_prompts"] == ["oil paint, a cat, at dusk"] * 2 + ["oil paint, a dog, at dusk"] * 2
    assert reply.info["infotexts"][0].startswith("oil paint\n0: a cat\n2: a dog\nat dusk\n")


def test_a_travel_line_without_its_space_makes_one_plain_prompt(person: Person) -> None:
    reply = person.make(asked(prompt="0:a cat\n2: a dog"))
    assert set(reply.info["all_prompts"]) == {"0:a cat\n2: a dog"}


def test_closed_loop_a_sends_the_way_back_too(person: Person) -> None:
    reply = person.make(asked(args={"closed_loop": "A"}))
    assert len(reply.frames) == 6
    assert same(reply.frames[4], reply.frames[2])


def test_n_iter_returns_every_video_and_the_last_clips_frames(person: Person) -> None:
    reply = person.make(asked(n_iter=2))
    assert reply.kinds == ["gif", "gif"] + ["png"] * 4
    assert same(reply.frames, person.double.expected(asked(seed=9)))


def test_save_images_inserts_a_grid(person: Person) -> None:
    reply = person.make(asked(save_images=True))
    assert reply.info["index_of_first_image"] == 1
    assert len(reply.info["infotexts"]) == 5
