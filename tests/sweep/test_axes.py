"""Axes: Hydra's grammar untouched, and what it lacks."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from animorch.config.compose import quoted
from tests.conftest import Studio


def labels(studio: Studio, *words: str) -> list[str]:
    said = studio("plan", "--json", "-m", "backend=testcard", *words)
    assert said.code == 0, said.err + said.out
    points = json.loads(said.out)["points"]
    return [" ".join(f"{axis}={text}" for axis, text in point["coordinates"].items()) for point in points]


def test_the_product_of_lists_ranges_and_groups_is_planned_in_order(studio: Studio) -> None:
    assert labels(studio, "cfg=4,7", "seed=range(0,2)", "motion=v15,v3") == [
        f"cfg={cfg} seed={seed} motion={motion}"
        for cfg in (4, 7)
        for seed in (0, 1)
        for motion in ("v15", "v3")
    ]


def test_zipped_axes_go_together(studio: Studio) -> None:
    found = labels(studio, "cfg=4,7,10", "steps=10,20,30", "sweep.zip=[[cfg,steps]]")
    assert found == ["cfg, steps=4, 10", "cfg, steps=7, 20", "cfg, steps=10, 30"]


def test_zipped_axes_of_differing_length_are_refused(studio: Studio) -> None:
    said = studio("plan", "-m", "cfg=4,7,10", "steps=10,20", "sweep.zip=[[cfg,steps]]")
    assert said.code == 2
    assert "cfg has 3, steps has 2" in said.err


def test_named_values_set_several_parameters_at_once(studio: Studio) -> None:
    studio.write(
        "conf/experiment/look.toml",
        "# @package _global_\n[sweep.axes.look]\n"
        'soft = {cfg = 4, "output.fps" = 6}\nhard = {cfg = 12, motion = "lightning_4"}\n',
    )
    assert labels(studio, "experiment=look", "seed=1,2") == [
        "seed=1 look=soft",
        "seed=1 look=hard",
        "seed=2 look=soft",
        "seed=2 look=hard",
    ]
    assert "steps=4" in studio("plan", "-m", "experiment=look").out


def test_a_file_of_prompts_is_an_axis(studio: Studio) -> None:
    studio.write("prompts.txt", "a cat, sitting\n\n  a dog (running:1.2) $HOME = {x} 'y' \"z\" \\ \n")
    assert labels(studio, "sweep.prompts=prompts.txt") == [
        "prompt=a cat, sitting",
        "prompt=a dog (running:1.2) $HOME = {x} 'y' \"z\" \\",
    ]


def test_an_excluded_point_keeps_its_cell_with_the_reason(studio: Studio) -> None:
    studio.write(
        "conf/experiment/x.yaml",
        "# @package _global_\nsweep:\n  exclude:\n"
        "  - {when: \"cfg > 8 and motion == 'v3'\", because: too burnt}\n",
    )
    said = studio("plan", "-m", "experiment=x", "cfg=4,10", "motion=v15,v3")
    assert said.code == 0
    assert said.out.count("left out: too burnt") == 1
    assert "cfg=10 motion=v3  left out" in said.out


def test_a_rule_that_is_no_expression_is_refused(studio: Studio) -> None:
    said = studio("plan", "-m", "cfg=4,10", "sweep.exclude=[{when:'cfg >',because:x}]")
    assert said.code == 2
    assert "not an expression" in said.err
    evil = studio("plan", "-m", "cfg=4,10", "sweep.exclude=[{when:'open(\"x\")',because:x}]")
    assert evil.code == 2


def test_a_sweep_over_lists_works(studio: Studio) -> None:
    studio.write("a.safetensors", "a")
    studio.write("b.safetensors", "b")
    assert labels(studio, "loras=[a.safetensors:0.8],[a.safetensors,b.safetensors],[]") == [
        "loras=a.safetensors:0.8",
        "loras=a.safetensors + b.safetensors",
        "loras=none",
    ]


def test_a_quoted_prompt_with_commas_is_one_value(studio: Studio) -> None:
    assert labels(studio, 'prompt="a cat, sitting","a dog"') == ["prompt=a cat, sitting", "prompt=a dog"]
    assert labels(studio, "prompt=cat,dog") == ["prompt=cat", "prompt=dog"]


def test_equal_points_share_one_folder(studio: Studio) -> None:
    said = studio.small("-m", "motion_scale=1,1.0,2")
    assert said.code == 2  # two equal labels would make two cells of one name
    assert "stands twice" in said.err


def test_config_interpolations_follow_the_swept_key(studio: Studio) -> None:
    studio.write("conf/experiment/x.yaml", "# @package _global_\nheight: ${width}\n")
    said = studio("plan", "--json", "-m", "experiment=x", "width=64,128")
    keys = {point["render_key"] for point in json.loads(said.out)["points"]}
    assert len(keys) == 2
    square = json.loads(studio("plan", "--json", "width=64", "height=64").out)["points"][0]["render_key"]
    assert square in keys


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(plain)
def test_plain_data_survives_the_override_grammar(value: object) -> None:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    if isinstance(value, str) and "\n" in value:
        value = value.replace("\n", " ")
    parsed = OverridesParser.create().parse_override(f"key={quoted(value)}")
    assert parsed.value() == value
