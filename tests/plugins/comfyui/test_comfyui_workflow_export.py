"""Our own graphs as files of the editor's, and back again."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from animorch_comfyui.built import Graph
from animorch_comfyui.graph import GraphOptions
from animorch_comfyui.graph.fizz import inside
from animorch_comfyui.graph.plan import planned
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow import Workflow, bound, said
from animorch_comfyui.workflow.drawn import drawn
from animorch_comfyui.workflow.schedule_text import parsed, parts
from comfyui_graphs import offers, picture, spec
from hypothesis import given, settings
from hypothesis import strategies as st
from test_comfyui_graph_property import asked, options

from animorch import RenderSpec

THERE = offers()
USUAL = GraphOptions()
TITLE = 30  # pixels of a node's title bar, above its place


def graph_of(changes: dict[str, Any], chosen: GraphOptions = USUAL, *, there: Offers) -> Graph | None:
    """The graph of a spec; None when something stands against it."""
    built, problems = planned(spec(**changes), there, {}, chosen)
    return None if problems else built.graph


def by_title(graph: Graph) -> dict[str, Any]:
    """A graph whose ids are its titles, and whose numbers are alike when they are equal."""
    names = {node: each["_meta"]["title"] for node, each in graph.items()}
    return {
        names[node]: (
            each["class_type"],
            {
                name: [names[value[0]], value[1]] if isinstance(value, list) else value
                for name, value in each["inputs"].items()
            },
        )
        for node, each in graph.items()
    }


def with_defaults(graph: dict[str, Any], there: Offers) -> dict[str, Any]:
    """The editor saves a value for every widget, so what was left to its default comes back as a value."""
    return {
        title: (
            kind,
            {
                **{name: each.default for name, each in there.inputs(kind).items() if not each.linked},
                **inputs,
            },
        )
        for title, (kind, inputs) in graph.items()
    }


@settings(max_examples=40, deadline=None)
@given(changes=asked, chosen=options)
def test_a_graph_that_goes_through_the_editors_format_is_the_same_graph(
    changes: dict[str, Any], chosen: GraphOptions
) -> None:
    if (graph := graph_of(changes, chosen, there=THERE)) is not None:
        back = Workflow.parsed(drawn(graph, THERE)).graph(THERE)
        assert with_defaults(by_title(back), THERE) == with_defaults(by_title(graph), THERE)


@settings(max_examples=40, deadline=None)
@given(changes=asked, chosen=options)
def test_a_graph_with_its_own_values_written_into_it_is_the_same_graph(
    changes: dict[str, Any], chosen: GraphOptions
) -> None:
    if (graph := graph_of(changes, chosen, there=THERE)) is None:
        return
    mine = Workflow.parsed(graph)
    built = bound(mine, RenderSpec(**said(mine, {}, THERE)), THERE, {}, {}, None, {})
    assert {node: each for node, each in built.graph.items() if node != built.frames} == graph


@settings(max_examples=25, deadline=None)
@given(changes=asked, chosen=options)
def test_a_page_holds_together_and_nothing_on_it_lies_over_another(
    changes: dict[str, Any], chosen: GraphOptions
) -> None:
    if (graph := graph_of(changes, chosen, there=THERE)) is not None:
        check_page(drawn(graph, THERE))


def test_a_page_with_pictures_holds_together(tmp_path: Any) -> None:
    one = picture(tmp_path / "a.png")
    changes = {
        "init": {"path": one},
        "controlnets": [{"name": "control_v11p_sd15_openpose", "pictures": one}],
        "ip_adapters": [{"name": "ip-adapter_sd15", "images": [one]}],
        "regions": [{"prompt": "a boat", "mask": one}],
    }
    graph = graph_of(changes, there=THERE)
    assert graph is not None
    page = drawn(graph, THERE)
    check_page(page)
    assert [group["title"] for group in page["groups"]] == [
        "models",
        "motion",
        "prompts",
        "pictures",
        "sampling",
        "output",
    ]
    back = Workflow.parsed(page).graph(THERE)
    assert with_defaults(by_title(back), THERE) == with_defaults(by_title(graph), THERE)


def check_page(page: dict[str, Any]) -> None:
    """Ids are unique and counted, links end where they say, boxes keep apart, groups hold whole nodes."""
    nodes = {node["id"]: node for node in page["nodes"]}
    assert len(nodes) == len(page["nodes"]) == page["last_node_id"] == max(nodes)
    assert [link[0] for link in page["links"]] == list(range(1, page["last_link_id"] + 1))
    for number, source, output, target, slot, kind in page["links"]:
        assert number in nodes[source]["outputs"][output]["links"]
        assert nodes[source]["outputs"][output]["type"] == kind
        assert nodes[target]["inputs"][slot]["link"] == number
        left, right = nodes[source], nodes[target]
        assert left["pos"][0] + left["size"][0] < right["pos"][0], "a link goes from left to right"
    ends = [slot["link"] for node in page["nodes"] for slot in node["inputs"] if slot["link"] is not None]
    assert sorted(ends) == [link[0] for link in page["links"]]
    boxes = [(*node["pos"], *node["size"]) for node in page["nodes"]]
    boxes = [(x, y - TITLE, width, height + TITLE) for x, y, width, height in boxes]
    groups = [tuple(group["bounding"]) for group in page["groups"]]
    for each in (boxes, groups):
        assert not [pair for pair in combinations(each, 2) if meet(*pair)]
    assert all(sum(holds(group, box) for group in groups) == 1 for box in boxes)


def meet(one: Any, other: Any) -> bool:
    return all(one[at] < other[at] + other[at + 2] and other[at] < one[at] + one[at + 2] for at in (0, 1))


def holds(group: Any, box: Any) -> bool:
    return all(group[at] < box[at] and box[at] + box[at + 2] < group[at] + group[at + 2] for at in (0, 1))


prompts = st.text(st.sampled_from('ab ,}{"\\\n:ü'), max_size=8).map(str.strip)


@given(st.dictionaries(st.integers(0, 99), st.tuples(prompts, prompts), min_size=1, max_size=4))
def test_a_schedules_text_says_what_was_written(told: dict[int, tuple[str, str]]) -> None:
    positive = {frame: each[0] for frame, each in told.items()}
    negative = {frame: each[1] for frame, each in told.items()}
    found = parsed(inside(positive, negative))
    assert found is not None
    assert {frame: parts(prompt) for frame, prompt in found.items()} == told


@pytest.mark.parametrize(
    ("text", "said_"),
    [
        ('"0": "a",\n"8": "b",', {0: "a", 8: "b"}),
        ('"0" :"a", "8":"b --neg c"', {0: "a", 8: "b --neg c"}),
        ('0 = "a"\n8 = "b"', {0: "a", 8: "b"}),
        ('"max_f/2": "a"', None),
        ("a fox", None),
        ("", None),
    ],
)
def test_schedules_are_read_in_the_forms_that_people_write(text: str, said_: dict[int, str] | None) -> None:
    assert parsed(text) == said_
