"""Reading the editor's format: its own nodes dissolved, values by name, subgraphs taken apart."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from animorch_comfyui.workflow import Workflow, said, workflow_problems
from comfyui_graphs import offers
from comfyui_pages import among, node, page, plain, put
from hypothesis import given, settings
from hypothesis import strategies as st

from animorch import RenderSpec, UsageError

THERE = offers()


def read(saved: dict[str, Any]) -> dict[str, Any]:
    """Inputs by node, as the server would be sent them."""
    found = Workflow.parsed(saved).graph(THERE)
    return {id: said["inputs"] for id, said in found.items()}


def test_the_editors_file_becomes_what_the_editor_would_send() -> None:
    found = Workflow.parsed(plain()).graph(THERE)
    assert found["5"] == {
        "class_type": "KSampler",
        "_meta": {"title": "KSampler"},
        "inputs": {
            "seed": 7,
            "steps": 3,
            "cfg": 6.5,
            "sampler_name": "euler_ancestral",
            "scheduler": "karras",
            "denoise": 0.9,
            "model": ["1", 0],
            "positive": ["2", 0],
            "negative": ["3", 0],
            "latent_image": ["4", 0],
        },
    }
    assert found["2"]["_meta"] == {"title": "what to see"}
    assert list(found) == ["1", "2", "3", "4", "5", "6", "7"]


def test_links_may_be_mappings_as_newer_editors_write_them() -> None:
    keys = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    saved = plain()
    assert read(saved | {"links": [dict(zip(keys, link, strict=True)) for link in saved["links"]]}) == read(
        saved
    )


def test_notes_and_labels_are_not_sent() -> None:
    saved = plain()
    extra = [node(90, "Note", ["to do"]), node(91, "MarkdownNote", ["# x"]), node(92, "Label (rgthree)")]
    assert read(saved | {"nodes": [*saved["nodes"], *extra]}) == read(saved)


def test_a_muted_node_leaves_nothing_behind() -> None:
    found = read(put(plain(), 3, mode=2))
    assert "3" not in found
    assert "negative" not in found["5"]


def test_a_bypassed_node_lets_through_what_has_its_type() -> None:
    lora = node(20, "LoraLoader", ["random_style.safetensors", 1, 1], mode=4)
    assert read(among(plain(), 1, lora)) == read(plain())


def test_reroutes_and_named_wires_are_dissolved() -> None:
    assert read(among(plain(), 1, node(20, "Reroute"), node(21, "Reroute (rgthree)"))) == read(plain())
    wired = among(plain(), 7, node(30, "SetNode", ["latents"]))
    got = node(31, "GetNode", ["latents"])
    links = [[7, 31, 0, 6, 0, "LATENT"] if link[0] == 7 else link for link in wired["links"]]
    assert read({**wired, "nodes": [*wired["nodes"], got], "links": links}) == read(plain())


def test_a_primitive_writes_its_value_where_it_is_joined() -> None:
    saved = plain()
    sampler = saved["nodes"][4]
    sampler["inputs"].append({"name": "seed", "type": "INT", "link": 50, "widget": {"name": "seed"}})
    saved["nodes"].append(node(40, "PrimitiveNode", [99, "fixed"]))
    saved["links"].append([50, 40, 0, 5, 4, "INT"])
    assert read(saved)["5"]["seed"] == 99


@pytest.mark.parametrize(
    "values", [[7, 3, 6.5, "euler", "karras", 1], [7, "fixed", 3, 6.5, "euler", "karras", 1]]
)
def test_a_seeds_companion_may_be_there_or_not(values: list[Any]) -> None:
    found = read(put(plain(), 5, widgets_values=values))["5"]
    assert (found["seed"], found["steps"], found["scheduler"]) == (7, 3, "karras")


def test_an_upload_button_is_no_value() -> None:
    saved = page([node(1, "LoadImage", ["a.png", "image"])], [])
    assert read(saved) == {"1": {"image": "a.png"}}


def test_values_by_name_are_those_of_the_node_and_its_format() -> None:
    values = {
        "frame_rate": 12,
        "format": "video/h264-mp4",
        "crf": 30,
        "old_button": "image",
        "videopreview": {"hidden": False},
    }
    saved = page([node(1, "VHS_VideoCombine", values)], [])
    usual = {"loop_count": 0, "filename_prefix": "AnimateDiff", "pingpong": False, "save_output": True}
    assert read(saved) == {"1": {"frame_rate": 12, "format": "video/h264-mp4", "crf": 30, **usual}}


def test_values_that_fit_no_version_of_a_node_are_refused_with_its_name() -> None:
    with pytest.raises(UsageError, match=r"KSampler \(node 5, KSampler\).*save"):
        read(put(plain(), 5, widgets_values=["euler", 7, 3]))


SUB = "0b2f6f2e-0000-4000-8000-000000000000"


def in_a_subgraph(values: list[Any]) -> dict[str, Any]:
    """The plain page with its latents and the sampler's steps behind a subgraph."""
    saved = plain()
    inner = {
        "id": SUB,
        "name": "noise",
        "inputNode": {"id": -10},
        "outputNode": {"id": -20},
        "inputs": [{"name": "frames", "type": "INT", "linkIds": [1]}],
        "outputs": [{"name": "LATENT", "type": "LATENT", "linkIds": [2]}],
        "nodes": [node(1, "EmptyLatentImage", [64, 48, 4], takes=[("batch_size", "INT", 1, True)])],
        "links": [
            {"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 1, "target_slot": 0, "type": "INT"},
            {"id": 2, "origin_id": 1, "origin_slot": 0, "target_id": -20, "target_slot": 0, "type": "LATENT"},
        ],
    }
    outer = node(4, SUB, values, takes=[("frames", "INT", None, True)])
    nodes = [outer if each["id"] == 4 else each for each in saved["nodes"]]
    return saved | {"nodes": nodes, "definitions": {"subgraphs": [inner]}}


@pytest.mark.parametrize(("values", "frames"), [([], 4), ([9], 9)])
def test_a_subgraph_is_flattened_with_the_values_that_its_node_shows(values: list[Any], frames: int) -> None:
    found = read(in_a_subgraph(values))
    assert found["4:1"] == {"width": 64, "height": 48, "batch_size": frames}
    assert found["5"]["latent_image"] == ["4:1", 0]


def test_a_subgraph_that_holds_itself_is_refused() -> None:
    saved = in_a_subgraph([])
    saved["definitions"]["subgraphs"][0]["nodes"].append(node(2, SUB))
    with pytest.raises(UsageError, match="holds itself"):
        read(saved)


def test_group_nodes_of_older_editors_are_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError, match="convert it to nodes"):
        read(put(plain(), 4, type="workflow>noise"))


def test_every_missing_node_is_named_with_its_pack() -> None:
    saved = put(plain(), 4, type="SomeLatent", properties={"cnr_id": "some-pack"})
    saved = put(saved, 7, type="VHS_Nothing", title="film")
    with pytest.raises(
        UsageError, match=r"no SomeLatent of some-pack, no VHS_Nothing of VideoHelperSuite, used"
    ):
        read(saved)


def test_the_editors_file_without_a_server_is_a_sentence() -> None:
    with pytest.raises(UsageError, match=r"editor's format.*Export \(API\)"):
        Workflow.parsed(plain()).graph()


@pytest.mark.parametrize(
    "broken",
    [{"links": [[1, 1, "x", 5, 0, "MODEL"]]}, {"nodes": [{"id": 1, "type": "KSampler", "inputs": 3}]}],
)
def test_what_does_not_hold_together_is_a_sentence(broken: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="hold together"):
        read(plain() | broken)


def test_links_in_a_circle_are_a_sentence() -> None:
    saved = among(plain(), 1, node(20, "Reroute"), node(21, "Reroute"))
    links = [[100, 21, 0, 20, 0, "MODEL"] if link[0] == 100 else link for link in saved["links"]]
    with pytest.raises(UsageError, match="circle"):
        read(saved | {"links": links})


JUNK = st.sampled_from([None, -1, 2.5, 1e400, "", "x", [], {}, [1], ["5", 0], {"a": 1}, True, "KSampler"])


def places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything in a JSON value, the value itself left out."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[tuple[Any, ...]] = []
    for key, each in inner:
        found += [(*above, key), *places(each, (*above, key))]
    return found


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_broken_workflow_is_a_sentence_or_a_spec_but_never_a_traceback(data: st.DataObject) -> None:
    saved: Any = data.draw(
        st.sampled_from([plain(), in_a_subgraph([9]), Workflow.parsed(plain()).graph(THERE)])
    )
    saved = deepcopy(saved)
    *above, last = data.draw(st.sampled_from(places(saved)))
    inner = saved
    for key in above:
        inner = inner[key]
    inner[last] = deepcopy(data.draw(JUNK))
    try:
        mine = Workflow.parsed(saved)
        own = RenderSpec(**said(mine, {}, THERE))
    except UsageError:
        return
    assert all(workflow_problems(mine, own, THERE, {}, {}, None, {}))
