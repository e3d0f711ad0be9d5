"""The ComfyUI double runs a graph, tells of it and caches as the real server was seen to do."""

from __future__ import annotations

import contextlib
import io
import json
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from websockets.sync.client import ClientConnection

from tests.doubles.comfyui import Double
from tests.doubles.comfyui.visitor import Visitor, changed, example, small


@pytest.fixture
def visitor(double: Double) -> Iterator[Visitor]:
    with Visitor(double.url) as each:
        yield each


def heard(socket: ClientConnection) -> Iterator[str | bytes]:
    """What a socket has to say, until it says nothing."""
    with contextlib.suppress(TimeoutError):
        while True:
            yield socket.recv(0.02)


def kinds(heard: list) -> list[str]:
    return [each[0] for each in heard if not isinstance(each, bytes)]


def test_the_example_workflow_runs_as_it_stands(double: Double, visitor: Visitor) -> None:
    graph = example()
    entry = visitor.run(graph, extra_data={"extra_pnginfo": {"animorch": {"run": "one"}}})
    assert entry["status"]["status_str"] == "success"
    assert [frame.shape for frame in visitor.frames(entry)] == [(64, 64, 3)] * 8
    first = visitor.view(entry["outputs"]["frames"]["images"][0])
    chunks = Image.open(io.BytesIO(first.content)).text
    assert json.loads(chunks["prompt"]) == graph
    assert json.loads(chunks["animorch"]) == {"run": "one"}
    (clip,) = entry["outputs"]["video"]["gifs"]
    assert clip.keys() >= {"filename", "subfolder", "type", "format", "frame_rate", "workflow", "fullpath"}
    answer = visitor.view(clip)
    assert (answer.headers["content-type"], answer.content[4:8]) == ("video/mp4", b"ftyp")
    assert visitor.view({**clip, "filename": clip["workflow"]}).headers["content-type"] == "image/png"
    assert sum(double.renders.values()) == 1


def test_messages_come_in_the_order_of_the_real_server(visitor: Visitor) -> None:
    socket = visitor.socket()
    prompt_id = visitor.queued(example())
    heard = visitor.until_done(socket, prompt_id)
    told = kinds(heard)
    assert told[0] == "status"
    assert heard[0][1]["sid"] == "visitor"
    order = ["execution_start", "execution_cached", "executing", "progress", "executed", "execution_success"]
    assert sorted(order, key=told.index) == order
    assert told[-2:] == ["status", "executing"]
    repeated = [kind for kind, _ in visitor.ended(prompt_id)["status"]["messages"]]
    assert repeated == ["execution_start", "execution_cached", "execution_success"]
    progress = [each[1]["nodes"] for each in heard if each[0] == "progress_state"]
    states = [nodes["sampler"]["state"] for nodes in progress if "sampler" in nodes]
    assert states[0] == "running"
    assert states[-1] == "finished"


def test_previews_are_event_1_and_event_4_for_those_who_can_read_it(visitor: Visitor) -> None:
    heard = visitor.until_done(visitor.socket(), visitor.queued(small()))
    (old,) = [each for each in heard if isinstance(each, bytes)]
    assert struct.unpack(">II", old[:8]) == (1, 1)
    assert Image.open(io.BytesIO(old[8:])).format == "JPEG"
    socket = visitor.socket("newer")
    socket.send(json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}}))
    assert json.loads(socket.recv(5))["type"] == "status"
    assert json.loads(socket.recv(5))["type"] == "feature_flags"
    prompt_id = visitor.queued(small(sampler__seed=2), client_id="newer")
    (new,) = [each for each in visitor.until_done(socket, prompt_id) if isinstance(each, bytes)]
    event, length = struct.unpack(">II", new[:8])
    assert (event, json.loads(new[8 : 8 + length])["node_id"]) == (4, "sampler")


def test_only_the_client_that_submitted_hears_of_its_job(visitor: Visitor) -> None:
    mine, others = visitor.socket(), visitor.socket("another")
    visitor.until_done(mine, visitor.queued(small()))
    told = []
    while "remaining': 0" not in str(told[1:]):
        told.append(json.loads(others.recv(5)))
    assert {each["type"] for each in told} == {"status"}


def test_of_two_sockets_with_one_id_the_older_falls_silent(visitor: Visitor) -> None:
    older = visitor.socket()
    older.recv(5)
    newer = visitor.socket()
    visitor.until_done(newer, visitor.queued(small()))
    with pytest.raises(TimeoutError):
        older.recv(0.01)


def test_the_end_of_an_older_socket_silences_the_newer_one(visitor: Visitor) -> None:
    older, newer = visitor.socket(), visitor.socket()
    older.close()
    visitor.run(small())
    assert {json.loads(each)["type"] for each in heard(newer)} <= {"status"}


def test_a_reconnect_hears_the_running_node_without_prompt_id(double: Double, visitor: Visitor) -> None:
    double.mood = "slow=0.05"
    first = visitor.socket()
    prompt_id = visitor.queued(small(sampler__steps=1000))
    visitor.until(first, "progress")
    second = visitor.socket()
    assert json.loads(second.recv(5))["type"] == "status"
    assert json.loads(second.recv(5)) == {"type": "executing", "data": {"node": "sampler"}}
    visitor.http.post("/interrupt", json={"prompt_id": prompt_id})
    assert "execution_start" not in kinds(visitor.until_done(second, prompt_id))


def test_the_same_graph_again_gives_the_old_files(double: Double, visitor: Visitor) -> None:
    first = visitor.run(small(), extra_data={"extra_pnginfo": {"animorch": "one"}})
    renamed = json.loads(json.dumps(small()).replace('"sampler"', '"another name"'))
    second = visitor.run(renamed, extra_data={"extra_pnginfo": {"animorch": "two"}})
    assert second["outputs"] == first["outputs"]
    file = visitor.view(second["outputs"]["frames"]["images"][0]).content
    assert json.loads(Image.open(io.BytesIO(file)).text["animorch"]) == "one"
    assert dict(second["status"]["messages"])["execution_cached"]["nodes"] == list(renamed)
    assert sum(double.renders.values()) == 1


def test_another_prefix_runs_the_save_node_alone(double: Double, visitor: Visitor) -> None:
    first = visitor.run(small())
    second = visitor.run(small(frames__filename_prefix="other/f"))
    assert second["outputs"]["frames"]["images"][0]["subfolder"] == "other"
    for a, b in zip(visitor.frames(first), visitor.frames(second), strict=True):
        assert np.array_equal(a, b)
    assert sum(double.renders.values()) == 1


def test_the_cache_keeps_only_what_the_last_prompt_used(double: Double, visitor: Visitor) -> None:
    a, b = small(), small(sampler__seed=43, frames__filename_prefix="b")
    first, second = visitor.run(a), visitor.run(b)
    cached = dict(second["status"]["messages"])["execution_cached"]["nodes"]
    assert "ad" in cached
    assert "sampler" not in cached
    again = visitor.run(a)
    assert double.renders[double.key(a, "sampler")] == 2
    numbers = [each["filename"] for each in again["outputs"]["frames"]["images"]]
    assert numbers == ["frame_00003_.png", "frame_00004_.png"]
    assert np.array_equal(visitor.frames(first)[0], visitor.frames(again)[0])
    assert not np.array_equal(visitor.frames(first)[0], visitor.frames(second)[0])
    visitor.http.post("/free", json={"unload_models": True, "free_memory": True})
    visitor.run(a)
    assert double.renders[double.key(a, "sampler")] == 3


def test_every_input_in_the_ancestry_changes_the_pixels(double: Double) -> None:
    graph = {**small(), "ctx": example()["ctx"]}
    graph = changed(graph, ad__context_options=["ctx", 0])
    pictures = {double.key(graph, "decode")}
    places = [(n, i) for n in graph for i, v in graph[n]["inputs"].items() if not isinstance(v, list)]
    places.remove(("frames", "filename_prefix"))
    for node, name in places:
        pictures.add(double.key(changed(graph, **{f"{node}__{name}": "other"}), "decode"))
    assert len(pictures) == len(places) + 1
    assert double.key(changed(graph, frames__filename_prefix="x"), "frames") == double.key(graph, "frames")
