"""The protocol double: each row of the measured server's failure list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from a1111_person import PLAIN, Person, asked, raw, same, somebody

LONG = "a boat, " * 60


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    """A healthy server; tests that use it leave it clean."""
    with somebody() as found:
        yield found


@pytest.fixture
def fresh() -> Iterator[Person]:
    with somebody() as found:
        yield found


STILLS = {
    "module missing": asked(args={"model": "v15_v2"}),
    "unknown key": asked(args={"nonsense": 1}),
    "positional": raw([True, 16, 8]),
    "one dict a key": raw([{"model": "v15_v2.safetensors"}, {"enable": True}]),
    "enable missing": raw([{"model": "v15_v2.safetensors", "video_length": 4}]),
    "another base": asked(args={"model": "xl.safetensors"}),
}


@pytest.mark.parametrize("case", STILLS)
def test_what_animatediff_cannot_take_is_one_plain_still(person: Person, case: str) -> None:
    reply = person.make(STILLS[case])
    assert (reply.status, reply.kinds) == (200, ["png"])
    assert "AnimateDiff" not in reply.extra
    assert not person.double.state.poisoned
    assert not same(reply.frames, person.double.expected(asked())[:1])


def test_v1_answers_a_missing_module_with_unrelated_stills() -> None:
    with somebody(version="v1.13.1") as old:
        reply = old.make(asked(args={"model": "nothing.ckpt"}))
        assert reply.kinds == ["png"] * 4
        assert "AnimateDiff" not in reply.extra
        assert "enable: True" in old.make(asked()).extra["AnimateDiff"]
        old.make(asked(args={"format": []}))
        assert not old.double.state.poisoned
        assert old.make(PLAIN).status == 200


@pytest.mark.parametrize("args", [{"format": []}, {"format": ["Frame"]}, {"fps": 0}, {"fps": "8"}])
def test_a_refused_format_or_fps_poisons_until_a_valid_call_heals(
    fresh: Person, args: dict[str, Any]
) -> None:
    reply = fresh.make(asked(args=args))
    assert (reply.status, reply.error) == (500, "EinopsError")
    assert fresh.double.state.poisoned
    assert [fresh.make(PLAIN).status, fresh.make(PLAIN).error] == [500, "EinopsError"]
    assert fresh.make(raw([{"enable": False}])).status == 500
    heal = {"video_length": 1, "batch_size": 1}
    assert fresh.make(asked(args=heal, steps=1)).status == 200
    assert fresh.make(PLAIN).status == 200
    assert same(fresh.make(asked()).frames, fresh.double.expected(asked()))


@pytest.mark.parametrize("prompt", ["0: a cat\n4: a dog", "2: a cat\n1: a dog"])
def test_travel_outside_the_clip_is_swallowed_and_poisons(fresh: Person, prompt: str) -> None:
    reply = fresh.make(asked(prompt=prompt))
    assert (reply.status, len(reply.frames)) == (200, 4)
    assert "AnimateDiff" not in reply.extra
    assert set(reply.info["all_prompts"]) == {prompt}
    assert fresh.double.state.poisoned
    assert fresh.make(PLAIN).error == "EinopsError"


def test_a_checkpoint_switched_while_poisoned_stays_corrupt_after_the_heal(fresh: Person) -> None:
    fresh.make(asked(args={"fps": 0}))
    fresh.options(sd_model_checkpoint="other")
    assert fresh.make(asked()).status == 200
    assert not fresh.double.state.poisoned
    reply = fresh.make(asked())
    assert reply.info["sd_model_name"] == "other"
    assert not same(reply.frames, fresh.double.expected(asked()))
    for name in ("sd15", "other"):
        fresh.options(sd_model_checkpoint=name)
    assert same(fresh.make(asked()).frames, fresh.double.expected(asked()))


def test_a_long_prompt_without_padding_is_an_index_error(fresh: Person) -> None:
    body = asked(prompt=LONG)
    reply = fresh.make(body)
    assert (reply.status, reply.error) == (500, "IndexError")
    assert reply.json["errors"] == "index 4 is out of bounds for dimension 0 with size 4"
    assert fresh.make(PLAIN).status == 200
    assert fresh.make(asked(prompt=LONG, override_settings={"batch_cond_uncond": False})).status == 200
    padded = fresh.make(asked(prompt=LONG, override_settings={"pad_cond_uncond": True}))
    assert padded.extra["Pad conds"] is True
    assert fresh.make(asked(prompt=LONG, negative_prompt=LONG)).status == 200


def test_a_context_over_the_modules_table_is_a_runtime_error(person: Person) -> None:
    for model, length in (("v15_v2.safetensors", 33), ("v14.safetensors", 25)):
        reply = person.make(asked(args={"model": model, "video_length": length, "batch_size": length}))
        assert (reply.status, reply.error) == (500, "RuntimeError")
        assert f"size of tensor a ({length}) must match" in reply.json["errors"]
    assert person.make(PLAIN).status == 200


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("nan", "NansException"),
        ("oom", "OutOfMemoryError"),
        ("index", "IndexError"),
        ("errors_500", "RuntimeError"),
    ],
)
def test_a_told_error_meets_only_its_request(word: str, error: str) -> None:
    with somebody(f"{word}:2") as person:
        assert [person.make(asked()).status for _ in range(3)] == [200, 500, 200]
        assert person.double.jobs[1].outcome == error
        assert person.make(PLAIN).status == 200


def test_nans_without_their_check_are_black_frames() -> None:
    with somebody("black") as person:
        reply = person.make(asked())
        assert reply.status == 200
        assert "AnimateDiff" in reply.extra
        assert not reply.frames.any()


def test_the_other_moods_do_as_they_say() -> None:
    with somebody("still:1,wrong_frames:2,silent_sampler:3,travel_lost:4,einops:5,nan%6") as person:
        replies = [person.make(asked()) for _ in range(6)]
        assert [len(one.frames) for one in replies[:4]] == [1, 3, 4, 4]
        assert replies[2].info["sampler_name"] != "Euler"
        assert "AnimateDiff" not in replies[3].extra
        assert [one.status for one in replies] == [200, 200, 200, 200, 500, 500]
        assert not any(job.right for job in person.double.jobs)


def test_an_unhealable_server_stays_poisoned() -> None:
    with somebody("einops:1,unhealable") as person:
        assert [person.make(asked()).error for _ in range(2)] == ["EinopsError"] * 2


def test_an_override_leaks_where_config_json_does_not_know_its_key() -> None:
    body = asked(override_settings={"pad_cond_uncond": True})
    with somebody("leak") as person:
        person.make(body)
        assert person.get("options")["pad_cond_uncond"] is True
        person.options(pad_cond_uncond=False)
        person.make(body)
        assert person.get("options")["pad_cond_uncond"] is False, "once in config.json it is put back"
    with somebody() as person:
        person.make(body)
        assert person.double.state.options == person.double.state.options_at_start


def test_an_unknown_override_is_a_key_error(fresh: Person) -> None:
    reply = fresh.make(asked(override_settings={"nonsense": 1}))
    assert (reply.status, reply.error) == (500, "KeyError")


def test_a_checkpoint_switched_by_override_under_animatediff_gives_wrong_frames(fresh: Person) -> None:
    body = asked(override_settings={"sd_model_checkpoint": "other"})
    reply = fresh.make(body)
    assert (reply.status, reply.info["sd_model_name"]) == (200, "other")
    assert "AnimateDiff" in reply.extra
    assert not same(reply.frames, fresh.double.expected(body))
    own = asked(override_settings={"sd_model_checkpoint": "sd15"})
    fresh.make(PLAIN)
    assert same(fresh.make(own).frames, fresh.double.expected(own)), "the loaded one is harmless"


def test_an_override_to_another_config_costs_the_motion_module(fresh: Person) -> None:
    fresh.make(asked(override_settings={"sd_model_checkpoint": "sdxl"}))
    fresh.make(PLAIN)
    assert fresh.make(asked()).kinds == ["png"]
    assert fresh.make(asked(args={"model": "v14.safetensors"})).kinds[0] == "gif"
    assert fresh.make(asked()).kinds[0] == "gif"


def test_a_switch_after_an_index_error_is_as_bad_as_while_poisoned(fresh: Person) -> None:
    fresh.make(asked(prompt=LONG))
    assert not fresh.double.state.poisoned
    fresh.options(sd_model_checkpoint="other")
    fresh.make(asked(steps=1))
    assert not same(fresh.make(asked()).frames, fresh.double.expected(asked()))
