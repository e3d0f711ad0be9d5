"""What a graph gives back: frames, the server's own video, and the key by which it is known."""

from __future__ import annotations

import pytest
from animorch_comfyui.graph import GraphOptions, build
from comfyui_graphs import assert_taken, graph, inputs, offers, server, spec

from animorch import Unsupported


def test_the_servers_own_video_is_a_further_output() -> None:
    built = build(spec(), offers(), {}, GraphOptions(video="h264-mp4", fps=12))
    assert_taken(built, server())
    assert built.also == ("video",)
    video = inputs(built.graph, "VHS_VideoCombine")
    assert (video["format"], video["frame_rate"], video["crf"]) == ("video/h264-mp4", 12.0, 19)
    assert (video["pix_fmt"], video["save_metadata"]) == ("yuv420p", True)


def test_without_videohelpersuite_comfyui_writes_the_mp4() -> None:
    found = graph(spec(), "VHS_VideoCombine", video="h264-mp4", fps=12)
    assert inputs(found, "CreateVideo")["fps"] == 12.0
    assert (inputs(found, "SaveVideo")["format"], inputs(found, "SaveVideo")["codec"]) == ("mp4", "h264")


def test_a_video_that_only_videohelpersuite_writes_needs_it() -> None:
    with pytest.raises(Unsupported, match="VideoHelperSuite"):
        build(spec(), offers("VHS_VideoCombine"), {}, GraphOptions(video="webm"))


def test_decoding_in_tiles_saves_memory() -> None:
    assert graph(spec(), tiled_decode=True)["decode"]["class_type"] == "VAEDecodeTiled"


def test_an_equal_spec_has_an_equal_graph() -> None:
    one, other = (build(spec(window={"length": 4, "overlap": 1}), offers()) for _ in range(2))
    assert one.graph == other.graph
    assert one.key() == other.key()


def test_the_key_knows_nothing_of_prefixes_and_titles() -> None:
    built = build(spec(), offers())
    key = built.key()
    built.graph["frames"]["inputs"]["filename_prefix"] = "animorch/elsewhere/frame"
    built.graph["frames"]["_meta"]["title"] = "Save"
    assert built.key() == key
    built.graph["sampler"]["inputs"]["steps"] = float(built.graph["sampler"]["inputs"]["steps"])
    assert built.key() == key, "a server writes 4 as 4.0"
    built.graph["sampler"]["inputs"]["seed"] += 1
    assert built.key() != key
