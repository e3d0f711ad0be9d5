"""What the records keep of a job, read off messages in the order in which a real server sends them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from animorch_comfyui import facts
from animorch_comfyui.built import Built
from animorch_comfyui.offers import Offers
from animorch_comfyui.spans import Heard, spans
from comfyui_serving import hurried, quiet, tiny
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles.comfyui import Double

JOB, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
GRAPH = {
    "checkpoint": {"class_type": "CheckpointLoaderSimple", "inputs": {}},
    "motion": {"class_type": "ADE_LoadAnimateDiffModel", "inputs": {}},
    "sampler": {"class_type": "KSampler", "inputs": {}},
    "frames": {"class_type": "SaveImage", "inputs": {}},
}
BUILT = Built(GRAPH, "frames", samplers=("sampler",), steps=2)
STATS = {
    "system": {
        "os": "posix",
        "comfyui_version": "0.3.64",
        "python_version": "3.11.7 (main, May  9 2026) [GCC 12.2.0]",
        "pytorch_version": "2.8.0+cu128",
        "argv": ["main.py", "--output-directory", "/home/somebody/secret"],
    },
    "devices": [
        {"name": "cuda:0 NVIDIA GeForce RTX 3090 : cudaMallocAsync", "type": "cuda", "vram_total": 24 * 2**30}
    ],
}
OFFERS = Offers(
    {
        "KSampler": {"python_module": "nodes"},
        "ADE_LoadAnimateDiffModel": {"python_module": "custom_nodes.ComfyUI-AnimateDiff-Evolved"},
        "ADE_MultivalDynamic": {"python_module": "custom_nodes.ComfyUI-AnimateDiff-Evolved"},
        "VHS_VideoCombine": {"python_module": "custom_nodes.ComfyUI-VideoHelperSuite"},
        "SaveImage": {"python_module": "nodes", "deprecated": True},
    }
)


def heard(at: float, kind: str, job: str | None = JOB, **data: Any) -> Heard:
    return at, {"type": kind, "data": data | ({} if job is None else {"prompt_id": job})}


def states(at: float, **nodes: str) -> Heard:
    return heard(at, "progress_state", nodes={node: {"state": state} for node, state in nodes.items()})


RUN: list[Heard] = [
    heard(11.0, "execution_start", timestamp=1_000_000),
    heard(11.1, "execution_cached", nodes=["checkpoint", "motion"], timestamp=1_000_010),
    states(11.2, sampler="running"),
    heard(11.2, "executing", node="sampler"),
    heard(14.0, "progress", node="sampler", value=1, max=2),
    states(16.2, sampler="finished"),
    heard(16.3, "executing", node="frames"),
    heard(16.4, "executed", node="frames", output={"images": []}),
    states(16.5, sampler="finished", frames="finished"),
    heard(16.6, "execution_success", timestamp=1_005_500),
    heard(16.7, "executing", node=None),
]


def entry(**extra: Any) -> dict[str, Any]:
    told = [[message["type"], message["data"]] for _, message in RUN if "timestamp" in message["data"]]
    return {"prompt": [3, JOB, GRAPH, extra, ["frames"]], "outputs": {}, "status": {"messages": told}}


def test_the_environment_tells_server_device_cache_and_seconds() -> None:
    environment, _ = facts.of(RUN, entry(), STATS, BUILT, OFFERS, submitted=9.5)
    assert environment == {
        "comfyui": "0.3.64",
        "comfyui_python": "3.11.7",
        "comfyui_torch": "2.8.0+cu128",
        "comfyui_os": "posix",
        "device": "cuda:0 NVIDIA GeForce RTX 3090",
        "comfyui_vram": "24.0 GiB",
        "comfyui_nodes": "4",
        "comfyui_cached_nodes": "2",
        "comfyui_sampler_seconds": "5.000",
        "comfyui_packs": "2",
        "comfyui_packs_used": "ComfyUI-AnimateDiff-Evolved",
        "comfyui_warnings": "the server calls SaveImage deprecated",
        "comfyui_seconds": "5.500",
        "comfyui_queue_seconds": "1.500",
    }


def test_each_node_has_its_class_its_seconds_and_whether_it_was_cached() -> None:
    _, nodes = facts.of(RUN, entry(), STATS, BUILT)
    assert nodes["nodes"] == {
        "checkpoint": {"class": "CheckpointLoaderSimple", "seconds": None, "cached": True},
        "motion": {"class": "ADE_LoadAnimateDiffModel", "seconds": None, "cached": True},
        "sampler": {"class": "KSampler", "seconds": 5.0, "cached": False},
        "frames": {"class": "SaveImage", "seconds": 0.2, "cached": False},
    }
    assert (nodes["seconds"], nodes["queue_seconds"]) == (5.5, None)


def test_without_a_single_message_history_tells_what_it_can() -> None:
    environment, nodes = facts.of([], entry(create_time=998_000), None, BUILT)
    assert environment == {
        "comfyui_nodes": "4",
        "comfyui_cached_nodes": "2",
        "comfyui_seconds": "5.500",
        "comfyui_queue_seconds": "2.000",
    }
    assert all(node["seconds"] is None for node in nodes["nodes"].values())


def test_without_anything_there_are_no_facts_but_the_graph() -> None:
    assert facts.of([], None, {}, BUILT)[0] == {"comfyui_nodes": "4", "comfyui_cached_nodes": "0"}


def test_no_path_and_no_command_line_reaches_the_records() -> None:
    environment, nodes = facts.of(RUN, entry(), STATS, BUILT, OFFERS)
    assert "secret" not in json.dumps([environment, nodes])
    assert "argv" not in json.dumps([environment, nodes])


def test_messages_of_another_job_do_not_count() -> None:
    others = [heard(10.0, "executing", OTHER, node="sampler"), heard(10.9, "executing", OTHER, node=None)]
    _, nodes = facts.of([*others, *RUN], entry(), STATS, BUILT, submitted=9.5)
    assert nodes["nodes"]["sampler"]["seconds"] == 5.0
    assert nodes["queue_seconds"] == 1.5


def test_nodes_that_a_node_brings_along_are_told_without_a_class() -> None:
    run = [heard(1.0, "executing", node="loop.0.7"), heard(3.0, "executing", node=None)]
    _, nodes = facts.of(run, None, None, BUILT)
    assert nodes["nodes"]["loop.0.7"] == {"class": None, "seconds": 2.0, "cached": False}


@pytest.mark.parametrize("left_out", ["progress_state", "executing"])
def test_either_kind_of_message_alone_gives_the_seconds(left_out: str) -> None:
    ran = spans([message for message in RUN if message[1]["type"] != left_out])
    assert ran["sampler"] == pytest.approx(5.0, abs=0.2)


def test_a_node_that_was_never_seen_to_end_has_no_seconds() -> None:
    assert spans([heard(1.0, "executing", node="sampler")]) == {}


def test_an_error_ends_the_node_that_was_at_work() -> None:
    ran = spans([heard(1.0, "executing", node="sampler"), heard(2.5, "execution_error", node_id="sampler")])
    assert ran == {"sampler": 1.5}


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 100)), max_size=20))
def test_nodes_that_run_one_after_another_take_no_longer_than_the_job(steps: list[tuple[str, float]]) -> None:
    at, run = 0.0, []
    for number, (node, seconds) in enumerate(steps):
        run.append(heard(at, "executing", node=f"{node}{number}"))
        at += seconds
    run.append(heard(at, "executing", node=None))
    ran = spans(run)
    assert len(ran) == len(steps)
    assert all(seconds >= 0 for seconds in ran.values())
    assert sum(ran.values()) == pytest.approx(at)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.dictionaries(st.sampled_from(["nodes", "node", "data", "timestamp", "state"]), inner)
            | st.lists(inner)
        ),
        max_leaves=8,
    )
)
def test_whatever_a_server_sends_is_no_reason_to_fail(said: Any) -> None:
    run = [
        (1.0, {"type": kind, "data": said})
        for kind in ("executing", "progress_state", "execution_cached", "execution_start")
    ]
    environment, _ = facts.of(run, {"status": said, "prompt": said}, {"system": said, "devices": said}, BUILT)
    assert environment["comfyui_nodes"] == "4"


def test_records_of_a_render_hold_the_server_the_graph_and_its_nodes(double: Double) -> None:
    backend = hurried(double)
    try:
        backend.render(tiny(), quiet)
        backend.render(tiny(seed=2), quiet)
        environment, attached = backend.environment(), backend.attachments()
    finally:
        backend.close()
    graph, nodes = (json.loads(attached[f"comfyui_{what}.json"]) for what in ("graph", "nodes"))
    assert environment["comfyui"] == "0.3.64"
    assert environment["device"] == "cuda:0 Double RTX"
    assert int(environment["comfyui_cached_nodes"]) >= 4  # another seed changes neither models nor prompts
    assert environment["comfyui_packs_used"] == "ComfyUI-AnimateDiff-Evolved"
    assert float(environment["comfyui_queue_seconds"]) >= 0
    assert nodes["nodes"].keys() == graph.keys()
    assert nodes["nodes"]["checkpoint"]["cached"]
    assert nodes["nodes"]["sampler"]["seconds"] is not None
    assert str(double.folder) not in json.dumps([environment, attached])
