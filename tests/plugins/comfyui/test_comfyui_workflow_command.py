"""`animorch comfyui inspect|export`, and a sweep over a person's own graph on a double of the server."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow import Workflow
from animorch_comfyui.workflow.signatures import assumed
from comfyui_graphs import graph, offers, server, spec
from comfyui_pages import plain, put

from animorch import decoded
from tests.conftest import Studio
from tests.doubles.comfyui import Double

OURS = ("checkpoint=sd15", "motion=v15_v2", "frames=8", "width=64", "height=64", "prompt=a fox")
SWEEP = (
    *("-m", "backend=comfyui", "backend.workflow=my.json", "backend.poll=0.05", "backend.backoff=0.01"),
    *("metrics=[]", "grid=false", "tracking.enabled=false"),
)


def put_down(studio: Studio, saved: Any, name: str = "my.json") -> None:
    studio.write(name, json.dumps(saved))


def test_inspect_names_fields_with_their_nodes_and_values_and_a_command(studio: Studio) -> None:
    put_down(studio, graph(spec(prompt="a fox", negative_prompt="text", seed=3)))
    said = studio("comfyui", "inspect", "my.json")
    assert said.code == 0
    lines = [line.split() for line in said.out.splitlines()]
    assert ["seed", "3", "sampler", "(node", "sampler,", "KSampler):", "seed"] in lines
    assert ["prompt", "a", "fox", "prompt", "(node", "prompt,", "CLIPTextEncode):", "text"] in lines
    assert "animorch -m backend=comfyui backend.workflow=my.json seed=1,2 backend.set." in said.out


def test_inspect_asks_a_server_for_kinds_limits_and_choices(studio: Studio, double: Double) -> None:
    put_down(studio, plain())
    said = studio("comfyui", "inspect", "my.json", "--url", double.url, "--json")
    told = json.loads(said.out)
    assert said.code == 0
    denoise = next(row for row in told["inputs"] if row["input"] == "denoise")
    assert (denoise["kind"], denoise["low"], denoise["high"]) == ("FLOAT", 0, 1)
    assert {row["field"] for row in told["fields"]} >= {"seed", "prompt", "negative_prompt", "frames"}
    assert told["problems"] == []


def test_what_a_server_answers_may_come_from_a_file(studio: Studio) -> None:
    put_down(studio, plain())
    put_down(studio, server("EmptyLatentImage").info(), "info.json")
    said = studio("comfyui", "inspect", "my.json", "--object-info", "info.json")
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "the server has no EmptyLatentImage" in said.err
    put_down(studio, graph(spec()))
    said = studio("comfyui", "inspect", "my.json", "--object-info", "info.json", "--json")
    assert "the server has no EmptyLatentImage" in json.loads(said.out)["problems"][0]


def test_inspect_takes_binds_and_tells_samplers_apart(studio: Studio) -> None:
    found = graph(spec())
    found["again"] = json.loads(json.dumps(found["sampler"]))
    put_down(studio, found)
    assert "2 samplers" in studio("comfyui", "inspect", "my.json").out
    said = studio("comfyui", "inspect", "my.json", "--bind", "seed=again.seed", "--json")
    assert next(row["node"] for row in json.loads(said.out)["fields"] if row["field"] == "steps") == "again"


@pytest.mark.parametrize(
    "words",
    [
        ["inspect", "gone.json"],
        ["inspect", "bad.json"],
        ["inspect", "editor.json"],
        ["inspect", "my.json", "--bind", "seed"],
        ["inspect", "my.json", "--object-info", "bad.json"],
        ["inspect", "my.json", "--output", "nothing"],
        ["export", "steps", "-o", "x.json"],
        ["export", "steps=0", "-o", "x.json"],
        ["export", "backend.odd=1", "-o", "x.json"],
        ["export", *OURS, "-o", "no/folder/x.json"],
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(studio: Studio, words: list[str]) -> None:
    put_down(studio, graph(spec()))
    put_down(studio, plain(), "editor.json")
    studio.write("bad.json", "[")
    said = studio("comfyui", *words)
    if words[-1] == "nothing":
        assert "has no node nothing" in said.out
        return
    assert said.code == 2
    assert said.err.strip().count("\n") == 0, said.err
    assert said.out == ""


def test_export_writes_a_page_for_the_editor_without_a_server(studio: Studio) -> None:
    said = studio("comfyui", "export", *OURS, "window.length=4", "window.overlap=1", "-o", "ours.json")
    assert said.code == 0, said.err
    page = json.loads(Path("ours.json").read_text())
    assert page["groups"]
    assert {"ADE_UseEvolvedSampling", "KSampler"} <= {node["type"] for node in page["nodes"]}
    sampler = next(node for node in page["nodes"] if node["type"] == "KSampler")
    assert sampler["widgets_values"][:3] == [0, "fixed", 25]


def test_export_in_api_format_is_the_same_graph(studio: Studio, double: Double) -> None:
    models = [
        "backend.models.sd15=v1-5-pruned-emaonly.safetensors",
        "backend.models.v15_v2=mm_sd_v15_v2.ckpt",
    ]
    for name, *more in (("api.json", "--api"), ("page.json",)):
        said = studio("comfyui", "export", *OURS, *models, "--url", double.url, "-o", name, *more)
        assert said.code == 0, said.err
    api = Workflow.read("api.json").graph()
    page = Workflow.read("page.json").graph(offers())
    titles = [sorted(each["_meta"]["title"] for each in found.values()) for found in (api, page)]
    assert titles[0] == titles[1]
    assert api["checkpoint"]["inputs"]["ckpt_name"] == "v1-5-pruned-emaonly.safetensors"


def test_export_falls_back_to_what_it_knows_when_the_server_is_away(studio: Studio) -> None:
    said = studio("comfyui", "export", *OURS, "--url", "http://127.0.0.1:9", "-o", "ours.json")
    assert said.code == 0
    assert "nothing answers" in said.err
    assert Path("ours.json").is_file()


def test_what_ships_of_nodes_is_what_servers_say() -> None:
    asked = spec()
    ships, there = assumed(asked, {}), offers()
    for kind in ships.nodes:
        own, other = ships.inputs(kind), there.inputs(kind)
        assert list(own) == list(other), kind
        assert ships.outputs(kind) == there.outputs(kind)
        assert ships.is_output(kind) == there.is_output(kind)
        for name, said in own.items():
            assert (said.kind, said.required, said.low, said.high) == (
                other[name].kind,
                other[name].required,
                other[name].low,
                other[name].high,
            ), f"{kind}.{name}"
    assert isinstance(ships, Offers)


def test_a_sweep_over_ones_own_graph_renders_its_own_values_but_for_what_is_swept(
    studio: Studio, double: Double
) -> None:
    saved = put(plain(), 5, widgets_values=[7, "fixed", 3, 6.5, "euler_ancestral", "karras", 0.9])
    put_down(studio, saved)
    said = studio(*SWEEP, f"backend.url={double.url}", "seed=1,2", "backend.set.KSampler.denoise=0.5,0.9")
    assert said.code == 0, said.err
    records = studio.records()
    assert len(records) == 4
    (folder,) = studio.sweeps()
    clips = [
        decoded(folder / str(point.folder) / "frames.mkv").frames
        for point in studio.plan().points
        if point.folder
    ]
    assert [clip.shape for clip in clips] == [(4, 48, 64, 3)] * 4
    assert len({np.ascontiguousarray(clip).tobytes() for clip in clips}) == 4
    experiment = json.loads((folder / str(studio.plan().points[0].folder) / "experiment.json").read_text())
    told = {
        name: experiment[name]
        for name in ("steps", "cfg", "sampler", "schedule", "prompt", "negative_prompt")
    }
    assert told == {
        "steps": 3,
        "cfg": 6.5,
        "sampler": "euler_ancestral",
        "schedule": "karras",
        "prompt": "a fox",
        "negative_prompt": "text",
    }


def test_a_point_that_the_graph_has_no_place_for_stops_the_plan(studio: Studio, double: Double) -> None:
    put_down(studio, plain())
    said = studio("plan", *SWEEP, f"backend.url={double.url}", "clip_skip=1,2")
    assert said.code == 2
    assert "backend.bind.clip_skip='TITLE.INPUT'" in said.out + said.err


def test_the_command_that_inspect_shows_can_be_planned(studio: Studio, double: Double) -> None:
    put_down(studio, graph(spec(prompt="a fox")))
    said = studio("comfyui", "inspect", "my.json", "--url", double.url)
    words = shlex.split(said.out.rsplit("try: ", 1)[1])
    assert f"backend.url={double.url}" in words
    planned = studio("plan", *words[1:], "metrics=[]")
    assert planned.code == 0, planned.err
    assert "4 points" in planned.out
