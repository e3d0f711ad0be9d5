"""The protocol double: lists, options, auth and error shapes, and what is corrected silently."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np
import pytest
from a1111_person import TXT2IMG, Person, Reply, asked, same, somebody
from PIL import Image

from tests.doubles.a1111 import Stock


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    """A healthy server; tests that use it leave it clean."""
    with somebody() as found:
        yield found


@pytest.fixture
def fresh() -> Iterator[Person]:
    with somebody() as found:
        yield found


def test_script_info_tells_the_version_by_its_keys(person: Person) -> None:
    with somebody(version="v1.13.1") as old, somebody(version=None) as none:
        counts = [
            [len(one["args"][0]["value"]) for one in who.get("script-info") if one["name"] == "animatediff"]
            for who in (person, old, none)
        ]
        assert counts == [[29, 29], [20, 20], []]
        assert "animatediff" not in none.get("scripts")["txt2img"]
        assert none.make(asked()).status == 422
        assert [one["name"] for one in old.get("samplers")].count("LCM") == 2


def test_a_checkpoint_has_no_hash_before_it_was_loaded(fresh: Person) -> None:
    before = fresh.get("sd-models")[1]
    assert (before["title"], before["hash"]) == ("other.safetensors", None)
    assert fresh.options(sd_model_checkpoint="other").json() is None
    after = fresh.get("sd-models")[1]
    assert (
        after["title"]
        == f"other.safetensors [{after['hash']}]"
        == fresh.get("options")["sd_model_checkpoint"]
    )
    assert fresh.make(asked()).info["sd_model_hash"] == after["hash"]


def test_options_refuse_what_they_do_not_know(fresh: Person) -> None:
    unknown = fresh.options(pad_cond_uncond=True, nonsense=1)
    assert (unknown.status_code, unknown.json()["error"]) == (500, "KeyError")
    assert fresh.get("options")["pad_cond_uncond"] is True, "keys before the unknown one are set"
    missing = fresh.options(sd_model_checkpoint="nowhere")
    assert (missing.status_code, missing.json()["errors"]) == (500, "model 'nowhere' not found")


def test_the_extensions_options_are_shown_in_ui_mode_only(person: Person) -> None:
    with somebody(ui=False) as headless:
        assert "animatediff_mp4_crf" in person.get("options")
        assert "animatediff_mp4_crf" not in headless.get("options")
        assert headless.options(animatediff_mp4_crf=17).status_code == 200
        assert headless.client.get("/internal/ping").status_code == 404
        assert person.client.get("/internal/ping").status_code == 200


def test_auth_protects_all_but_the_loras_and_the_docs() -> None:
    with somebody("auth") as person:
        bare = person.client.get("/sdapi/v1/options")
        assert (bare.status_code, bare.json()["detail"]) == (401, "Not authenticated")
        wrong = person.client.get("/sdapi/v1/options", auth=("artist", "no"))
        assert wrong.json()["detail"] == "Incorrect username or password"
        assert person.client.get("/sdapi/v1/options", auth=person.double.auth).status_code == 200
        assert person.client.get("/sdapi/v1/loras").status_code == 200
        assert person.client.get("/docs").status_code == 200


def test_errors_have_webuis_shapes(person: Person) -> None:
    nothing = person.client.get("/sdapi/v1/nothing")
    assert (nothing.status_code, nothing.json()) == (404, {"detail": "Not Found"})
    assert person.client.get(TXT2IMG).status_code == 405
    wrong = person.post("txt2img", asked(steps="many"))
    assert (wrong.status_code, wrong.json()["detail"][0]["loc"]) == (422, ["body", "steps"])
    script = person.post("txt2img", asked(alwayson_scripts={"Nothing": {"args": []}}))
    assert (script.status_code, script.json()["detail"]) == (422, "Script 'Nothing' not found")
    assert float(nothing.headers["X-Process-Time"]) >= 0


def test_img2img_wants_a_picture_that_is_one(person: Person) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "PNG")
    picture = base64.b64encode(buffer.getvalue()).decode()
    assert person.post("img2img", asked()).status_code == 404
    broken = person.post("img2img", asked(init_images=["bm8="]))
    assert (broken.status_code, broken.json()["detail"]) == (500, "Invalid encoded image")
    body = asked(init_images=[picture], denoising_strength=0.4)
    reply = Reply(person.post("img2img", body))
    assert same(reply.frames, person.double.expected(body, route="img2img"))
    assert "latent_power: 1" in reply.extra["AnimateDiff"]


def test_words_are_corrected_silently(person: Person) -> None:
    assert person.make(asked(sampler_name="Eulre")).info["sampler_name"] == "DPM++ 2M"
    assert not person.double.jobs[-1].right
    assert "Schedule type" not in person.make(asked(scheduler="Karas")).extra
    split = person.make(asked(sampler_name="Euler Karras"))
    assert (split.info["sampler_name"], split.extra["Schedule type"]) == ("Euler", "Karras")
    assert person.double.jobs[-1].right
    assert "Lora hashes" not in person.make(asked(prompt="<lora:nobody:1> a cat")).extra
    unknown = person.make(asked(override_settings={"sd_model_checkpoint": "nowhere"}))
    assert (unknown.status, unknown.info["sd_model_name"]) == (200, "sd15")
    assert person.double.jobs[-1].corrections == ["checkpoint nowhere"]


def test_unknown_fields_are_ignored_and_sizes_floored(person: Person) -> None:
    reply = person.make(asked(width=65, nonsense=True))
    assert same(reply.frames, person.double.expected(asked()))
    assert person.double.jobs[-1].corrections == ["size"]


def test_a_motion_lora_in_the_original_layout_is_skipped(person: Person) -> None:
    assert "Lora hashes" in person.make(asked(prompt="a cat<lora:zoom_in:1>")).extra
    assert "Lora hashes" not in person.make(asked(prompt="a cat<lora:pan_left:1>")).extra
    with somebody(version="v1.13.1") as old:
        assert "Lora hashes" in old.make(asked(prompt="a cat<lora:pan_left:1>")).extra


def test_a_bad_freeinit_filter_drops_it_and_the_info_still_claims_it(person: Person) -> None:
    reply = person.make(asked(args={"freeinit_enable": True, "freeinit_filter": "bessel"}))
    assert "freeinit_enable: True" in reply.extra["AnimateDiff"]
    assert same(reply.frames, person.double.expected(asked()))
    assert person.double.jobs[-1].corrections == ["freeinit"]


def test_any_closed_loop_is_taken_and_half_an_fps_loses_the_mp4(person: Person) -> None:
    assert person.make(asked(args={"closed_loop": "round"})).status == 200
    assert not person.double.jobs[-1].right
    assert person.make(asked(args={"fps": 7.5, "format": ["MP4", "Frame"]})).kinds == ["png"] * 4
    assert person.make(asked(args={"fps": 7.5})).kinds[0] == "gif"


def test_a_context_longer_than_the_clip_gives_wrong_frames(person: Person) -> None:
    body = asked(args={"batch_size": 16})
    reply = person.make(body)
    assert reply.frames.shape == (4, 64, 64, 3)
    assert not same(reply.frames, person.double.expected(body))
    assert person.double.jobs[-1].outcome == "pairing"


def test_forge_takes_all_but_freeinit() -> None:
    with somebody(version="forge") as person:
        assert "freeinit_enable" not in person.make(asked()).extra["AnimateDiff"]
        assert person.double.jobs[-1].right
        assert person.make(asked(args={"freeinit_enable": True})).kinds == ["png"]


def test_controlnet_is_there_where_the_stock_has_models(person: Person) -> None:
    body = asked()
    body["alwayson_scripts"]["ControlNet"] = {"args": [{"enabled": True, "model": "canny"}]}
    assert person.make(body).status == 422
    with somebody(stock=Stock(controls=("canny",))) as other:
        assert "AnimateDiff" not in other.make(body).extra, "version 2 breaks on units that come by the API"
        assert other.double.state.poisoned
    with somebody(version="v1.13.1", stock=Stock(controls=("canny",))) as other:
        assert other.client.get("/controlnet/model_list").json() == {"model_list": ["canny"]}
        *frames, picture = other.make(body).frames  # its own lies behind them
        assert same(np.stack(frames), other.double.expected(body))
        assert not same(np.stack(frames), other.double.expected(asked()))
        assert len(np.unique(picture)) == 1
