"""Places: which inputs of a person's graph a field may be written to, and which it must not."""

from __future__ import annotations

import io
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow import Workflow, bound, said, workflow_problems
from animorch_comfyui.workflow.inspected import inspected
from comfyui_graphs import graph, offers, server, spec
from PIL import Image

from animorch import MediaError, RenderSpec, Unsupported, UsageError
from animorch.testing import small_spec
from tests.conftest import Studio
from tests.doubles.comfyui import Double

THERE = offers()


def told(found: Any, there: Offers = THERE, binds: Any = None, sets: Any = None, **changes: Any) -> list[str]:
    """What stands against these changes."""
    mine = Workflow.parsed(found)
    own = said(mine, binds or {}, there)
    return workflow_problems(mine, RenderSpec(**own | changes), there, sets or {}, binds or {}, None, {})


def made(found: Any, there: Offers = THERE, sets: Any = None, **changes: Any) -> Any:
    """The graph and its pictures with these changes."""
    mine = Workflow.parsed(found)
    return bound(mine, RenderSpec(**said(mine, {}, there) | changes), there, sets or {}, {}, None, {})


def zeroed() -> dict[str, Any]:
    """A graph whose negative is its positive, emptied, as those of distilled models have it."""
    found = graph(spec(prompt="a fox"))
    found["zero"] = {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["prompt", 0]}}
    found["sampler"]["inputs"]["negative"] = ["zero", 0]
    return found


def with_zero() -> Offers:
    info = server().info()
    zero = {"input": {"required": {"conditioning": ["CONDITIONING"]}}, "output": ["CONDITIONING"]}
    return Offers(info | {"ConditioningZeroOut": zero})


def test_a_negative_prompt_is_never_written_over_the_prompt() -> None:
    there = with_zero()
    (problem,) = told(zeroed(), there, negative_prompt="text")
    assert "is the text of both" in problem
    assert said(Workflow.parsed(zeroed()), {}, there)["negative_prompt"] == ""
    assert made(zeroed(), there, prompt="snow").graph["prompt"]["inputs"]["text"] == "snow"


def test_two_fields_are_not_bound_to_one_input() -> None:
    with pytest.raises(UsageError, match=r"steps of sampler .* is the clip's steps already"):
        said(Workflow.parsed(graph(spec())), {"seed": "sampler.steps"}, THERE)
    found = said(Workflow.parsed(graph(spec())), {"seed": "sampler.steps", "steps": ""}, THERE)
    assert found["seed"] == spec().steps


def test_a_seed_of_any_value_becomes_the_clips() -> None:
    found = graph(spec())
    found["dice"] = {"class_type": "Dice", "inputs": {"seed": -1}}
    found["sampler"]["inputs"]["seed"] = ["dice", 0]
    dice = {"input": {"required": {"seed": ["INT", {"min": -1, "max": 9}]}}, "output": ["INT"]}
    built = made(found, Offers(server().info() | {"Dice": dice}))
    assert built.graph["dice"]["inputs"]["seed"] == 0


def test_a_window_that_names_no_fuse_has_its_nodes_own() -> None:
    found = graph(spec(frames=8, window={"length": 4, "overlap": 1, "fuse": "pyramid"}))
    del found["window"]["inputs"]["fuse_method"]
    window = said(Workflow.parsed(found), {}, THERE)["window"]
    assert window["fuse"] == "pyramid"
    (problem,) = told(found, window=window | {"fuse": "flat"})
    assert "window.fuse=flat has no place" in problem


def test_choices_that_are_numbers_are_sent_as_numbers() -> None:
    found = graph(spec())
    found["scaled"] = {"class_type": "Scale", "inputs": {"image": ["decode", 0], "by": 2}}
    found["kept"] = {"class_type": "SaveImage", "inputs": {"images": ["scaled", 0], "filename_prefix": "x"}}
    scale = {"input": {"required": {"image": ["IMAGE"], "by": [[2, 4]]}}, "output": ["IMAGE"]}
    there = Offers(server().info() | {"Scale": scale})
    assert told(found, there) == []
    for value in (4, "4"):
        assert made(found, there, {"scaled": {"by": value}}).graph["scaled"]["inputs"]["by"] == 4
    (problem,) = told(found, there, sets={"scaled": {"by": 3}})
    assert "no such choice" in problem


def test_what_is_joined_to_nothing_is_told_before_it_is_sent() -> None:
    found = graph(spec())
    found["sampler"]["inputs"]["latent_image"] = ["gone", 0]
    assert any("takes its latent_image from node gone, which is not there" in each for each in told(found))


def test_inputs_that_grow_are_not_missed() -> None:
    found = graph(spec())
    found["batch"] = {"class_type": "Batch", "inputs": {"images.image0": ["decode", 0]}}
    found["frames"]["inputs"]["images"] = ["batch", 0]
    batch = {"input": {"required": {"images": ["COMFY_AUTOGROW_V3", {}]}}, "output": ["IMAGE"]}
    assert told(found, Offers(server().info() | {"Batch": batch})) == []


def starting(tmp_path: Path) -> tuple[dict[str, Any], str]:
    """A graph that begins with a picture, and a picture with a transparent part."""
    path = tmp_path / "seen.png"
    image = Image.new("RGBA", (16, 8), (200, 10, 10, 255))
    image.putpixel((0, 0), (0, 0, 0, 0))
    image.save(path)
    found = graph(small_spec(**spec().model_dump() | {"init": {"path": str(path), "strength": 0.5}}))
    found["init"]["inputs"]["image"] = "mine.png"
    return found, str(path)


def test_a_picture_is_sent_whole_with_what_is_transparent(tmp_path: Path) -> None:
    found, path = starting(tmp_path)
    (picture,) = made(found, init={"path": path}).pictures
    sent = Image.open(io.BytesIO(picture.data()))
    assert (sent.mode, sent.size) == ("RGBA", (16, 8))
    assert sent.getpixel((0, 0))[3] == 0
    with pytest.raises((Unsupported, MediaError), match="loads one picture"):
        made(found, init={"path": str(tmp_path)})


def test_a_field_and_a_set_do_not_go_over_each_other(tmp_path: Path) -> None:
    found, path = starting(tmp_path)
    sets = {"sampler": {"denoise": 0.3}}
    assert made(found, sets=sets).graph["sampler"]["inputs"]["denoise"] == 0.3
    (problem,) = told(found, sets=sets, init={"path": path})
    assert "is the clip's init.strength" in problem


def travelling() -> dict[str, Any]:
    """A graph whose one schedule holds both prompts, and the negative one after each."""
    found = graph(spec(frames=8, prompt_travel={0: "a fox", 4: "a whale"}))
    found["prompt_travel"]["inputs"]["app_text"] = "--neg blurred"
    found["sampler"]["inputs"]["negative"] = ["prompt_travel", 1]
    return found


def test_what_cannot_be_swept_is_not_listed() -> None:
    seen = inspected(Workflow.parsed(travelling()), "my.json", THERE, {})
    listed = {row["field"] for row in seen.fields}
    assert {"seed", "prompt_travel"} <= listed
    assert not {"init.strength", "negative_prompt"} & listed
    assert "backend.set.prompt_travel.app_text" in seen.unbound["negative_prompt"]


def test_a_set_of_a_schedules_text_is_sent_to_the_field_that_writes_it() -> None:
    (problem,) = told(travelling(), sets={"prompt_travel": {"text": "x"}})
    assert "is the clip's prompt_travel in this workflow; say prompt_travel=…" in problem


@pytest.mark.parametrize("name", ["my.json", "a fox, (2).json", "it's.json"])
def test_the_command_that_is_shown_says_what_the_inspection_was_told(
    studio: Studio, double: Double, name: str
) -> None:
    found = graph(spec(prompt="a fox"))
    found["again"] = json.loads(json.dumps(found["sampler"])) | {"_meta": {"title": "second, pass"}}
    studio.write(name, json.dumps(found))
    words = ("--url", double.url, "--bind", "seed=second, pass.seed", "--output", "decode")
    shown = studio("comfyui", "inspect", name, *words)
    pasted = shlex.split(shown.out.rsplit("try: ", 1)[1])
    planned = studio("plan", *pasted[1:], "metrics=[]")
    assert planned.code == 0, planned.out + planned.err


def test_a_part_of_the_window_is_set_and_the_rest_is_the_graphs(studio: Studio, double: Double) -> None:
    window = {"length": 4, "overlap": 1, "schedule": "static", "fuse": "relative"}
    studio.write("my.json", json.dumps(graph(spec(frames=8, window=window))))
    mine = ("backend=comfyui", "backend.workflow=my.json", f"backend.url={double.url}", "metrics=[]")
    for word in ("window.overlap=0,2", "window.length=3,5"):
        planned = studio("plan", "-m", *mine, word)
        assert planned.code == 0, planned.out + planned.err
        assert "to render 2" in planned.out
    off = studio("plan", *mine, "window.length=null")
    assert "take the node out of it" in off.out + off.err


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("backend=diffusers", "export writes a graph of backend=comfyui"),
        ("backend.gen=gen3", "backend.comfyui.gen='gen3'"),
        ("backend.workflow=my.json", "for a graph of your own"),
        ("backend.look_ahead=1000", "backend.comfyui.look_ahead"),
    ],
)
def test_export_refuses_what_it_would_not_write(studio: Studio, word: str, sentence: str) -> None:
    answer = studio("comfyui", "export", "checkpoint=sd15", "motion=v15_v2", word, "-o", "x.json")
    assert answer.code == 2
    assert sentence in answer.err
    assert not Path("x.json").exists()


def test_a_graph_that_begins_with_a_picture_keeps_its_strength(
    tmp_path: Path, studio: Studio, double: Double
) -> None:
    found, path = starting(tmp_path)
    studio.write("my.json", json.dumps(found))
    mine = ("backend=comfyui", "backend.workflow=my.json", f"backend.url={double.url}", f"init.path={path}")
    quiet = (
        "metrics=[]",
        "grid=false",
        "tracking.enabled=false",
        "backend.poll=0.05",
        "width=16",
        "height=8",
    )
    for words, denoise in (((), 0.5), (("init.strength=0.7",), 0.7)):
        answer = studio(*mine, *quiet, *words)
        assert answer.code == 0, answer.err
        assert double.jobs[-1].graph["sampler"]["inputs"]["denoise"] == denoise


def test_a_sampler_without_denoise_still_takes_another_picture(tmp_path: Path) -> None:
    found, path = starting(tmp_path)
    asked = {"binds": {"init.strength": ""}}
    assert told(found, init={"path": path}, **asked) == []
    (problem,) = told(found, init={"path": path, "strength": 0.4}, **asked)
    assert "init.strength=0.4 has no place" in problem
