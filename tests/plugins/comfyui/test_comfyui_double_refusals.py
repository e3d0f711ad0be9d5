"""The ComfyUI double refuses and fails with the errors of the real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.comfyui import Double
from tests.doubles.comfyui.visitor import Visitor, changed, example, small


@pytest.fixture
def visitor(double: Double) -> Iterator[Visitor]:
    with Visitor(double.url) as each:
        yield each


def failure(entry: dict) -> dict:
    assert entry["status"]["status_str"] == "error"
    kind, told = entry["status"]["messages"][-1]
    assert kind == "execution_error"
    return told


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"ckpt__ckpt_name": "nowhere.safetensors"}, "value_not_in_list"),
        ({"sampler__sampler_name": "euler_z"}, "value_not_in_list"),
        ({"sampler__seed": -1}, "value_smaller_than_min"),
        ({"sampler__seed": 2**64}, "value_bigger_than_max"),
        ({"sampler__cfg": "high"}, "invalid_input_type"),
        ({"sampler__model": ["ckpt", 1]}, "return_type_mismatch"),
        ({"sampler__model": ["nobody", 0]}, "exception_during_inner_validation"),
        ({"sampler__model": ["ckpt"]}, "bad_linked_input"),
    ],
)
def test_a_wrong_input_is_refused_in_the_server_s_words(visitor: Visitor, change: dict, kind: str) -> None:
    answer = visitor.submit(small(**change))
    assert answer.status_code == 400
    told = answer.json()
    assert told["error"]["type"] == "prompt_outputs_failed_validation"
    (blamed,) = told["node_errors"].values()
    assert [each["type"] for each in blamed["errors"]] == [kind]
    assert blamed["dependent_outputs"] == ["frames"]


def test_a_long_list_of_choices_is_left_out(visitor: Visitor) -> None:
    told = visitor.submit(small(sampler__sampler_name="euler_z")).json()["node_errors"]["sampler"]["errors"][
        0
    ]
    assert told["details"] == "sampler_name: 'euler_z' not in (list of length 42)"
    assert told["extra_info"]["input_config"] is None
    graph = changed(example(), ctx__fuse_method="relative")
    told = visitor.submit(graph).json()["node_errors"]["ctx"]["errors"][0]
    assert "pyramid" in told["details"]


def test_refusals_without_node_errors(visitor: Visitor) -> None:
    graph = small()
    graph["sampler"]["class_type"] = "NobodyHasThis"
    answer = visitor.submit(graph).json()
    assert answer["error"]["type"] == "invalid_prompt"
    assert "NobodyHasThis" in answer["error"]["message"]
    assert "sampler" in answer["error"]["details"]
    assert answer["node_errors"] == {}
    assert visitor.submit({}).json()["error"]["type"] == "prompt_no_outputs"
    assert visitor.http.post("/prompt", json={}).json()["error"]["type"] == "no_prompt"
    malformed = visitor.http.post("/prompt", content=b"{")
    assert (malformed.status_code, malformed.headers["content-type"].split(";")[0]) == (500, "text/plain")


def test_required_inputs_and_pictures_have_to_be_there(visitor: Visitor) -> None:
    graph = small()
    del graph["sampler"]["inputs"]["steps"]
    errors = visitor.submit(graph).json()["node_errors"]["sampler"]["errors"]
    assert [each["type"] for each in errors] == ["required_input_missing"]
    graph = small()
    graph["picture"] = {"class_type": "LoadImage", "inputs": {"image": "gone.png"}}
    graph["frames"]["inputs"]["images"] = ["picture", 0]
    errors = visitor.submit(graph).json()["node_errors"]["picture"]["errors"]
    assert [each["type"] for each in errors] == ["custom_validation_failed"]


def test_one_invalid_output_of_several_is_a_200_and_just_missing(visitor: Visitor) -> None:
    answer = visitor.submit(changed(example(), video__format="video/nothing"))
    assert answer.status_code == 200
    assert list(answer.json()["node_errors"]) == ["video"]
    entry = visitor.ended(answer.json()["prompt_id"])
    assert entry["status"]["status_str"] == "success"
    assert list(entry["outputs"]) == ["frames"]


def test_unknown_inputs_and_wrong_step_multiples_pass(visitor: Visitor) -> None:
    entry = visitor.run(small(latent__width=65, latent__colour="red"))
    assert visitor.frames(entry)[0].shape == (64, 65, 3)


def test_what_is_not_validated_fails_while_it_runs(visitor: Visitor) -> None:
    same = visitor.run(changed(example(), ctx__context_overlap=4))
    assert failure(same)["exception_type"] == "ValueError"
    long = failure(visitor.run(changed(example(), ctx__context_length=40, latent__batch_size=41)))
    assert "received context length of 40" in long["exception_message"]
    many = failure(visitor.run(small(latent__batch_size=40)))
    assert "received 40 latents" in many["exception_message"]
    assert many["node_type"] == "KSampler"
    graph = small()
    del graph["travel"]["inputs"]["end_frame"]
    assert failure(visitor.run(graph))["exception_type"] == "TypeError"
    assert "JSONDecode" in failure(visitor.run(small(travel__text="0: a")))["exception_type"]
    assert failure(visitor.run(small(frames__filename_prefix="../../a")))["node_id"] == "frames"
    null = failure(visitor.run(example(), extra_data={"extra_pnginfo": {"workflow": None}}))
    assert (null["node_id"], null["exception_type"]) == ("video", "AttributeError")


def test_outputs_that_ended_before_an_error_are_kept(visitor: Visitor) -> None:
    entry = visitor.run(changed(example(), video__filename_prefix="../../a"))
    assert list(entry["outputs"]) == ["frames"]


def test_schedules_of_animatediff_evolved_have_their_own_slips(visitor: Visitor) -> None:
    graph = small()
    graph["positive"] = {"class_type": "ADE_PromptScheduling", "inputs": {"clip": ["ckpt", 1], "prompts": ""}}
    graph["sampler"]["inputs"]["positive"] = ["positive", 0]
    for good in ('"0": "a fox",\n"4": "a whale",', '0 = "a fox", 4: = "a whale"'):
        assert visitor.run(changed(graph, positive__prompts=good))["status"]["completed"]
    for bad in ('"0": "a \\"red\\" fox"', '0: "a fox"', '"0": "a fox" "4": "a whale"', ""):
        told = failure(visitor.run(changed(graph, positive__prompts=bad)))
        assert told["node_id"] == "positive"
