"""Several motion modules: further ones act beside the spec's own, as the option `motions` says."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from animorch_comfyui import ComfyUIBackend
from animorch_comfyui.further import FurtherMotion
from animorch_comfyui.graph import GraphOptions, build
from animorch_comfyui.offers import Offers
from animorch_comfyui.refusals import problems
from comfyui_graphs import XL, graph, offers, spec
from comfyui_serving import hurried, quiet, tiny
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from animorch import Unsupported
from tests.conftest import Studio
from tests.doubles.comfyui import Double

TWO = (
    FurtherMotion(file="mm_sd_v15.ckpt", scale=0.8, end=0.5),
    FurtherMotion(file="v3_sd15_mm", effect=0.25, start=0.5),
)
SERVED = ("mm_sd_v15_v2.ckpt", "mm_sd_v15.ckpt", "v3_sd15_mm.ckpt")


def chain(made: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Inputs of the nodes that apply a module, as AnimateDiff-Evolved runs them: the last applied first."""
    found, link = [], made["animated"]["inputs"]["m_models"]
    while link is not None:
        found.append(made[link[0]]["inputs"])
        link = found[-1].get("prev_m_models")
    return found


def modules(made: dict[str, dict[str, Any]]) -> list[str]:
    return [made[each["motion_model"][0]]["inputs"]["model_name"] for each in chain(made)]


def said(*motions: FurtherMotion, gen: Any = "auto", at: Offers | None = None, **changes: Any) -> list[str]:
    return problems(spec(**changes), at or offers(), {}, GraphOptions(gen=gen, motions=motions))


def test_the_specs_own_module_acts_first_and_the_others_in_their_order() -> None:
    made = graph(spec(motion_scale=1.5), motions=TWO)
    assert modules(made) == list(SERVED)
    own, first, second = chain(made)
    assert (own["start_percent"], own["end_percent"]) == (0, 1)
    assert (first["start_percent"], first["end_percent"]) == (0, 0.5)
    assert (second["start_percent"], second["end_percent"]) == (0.5, 1)
    assert made[own["scale_multival"][0]]["inputs"]["float_val"] == 1.5
    assert made[first["scale_multival"][0]]["inputs"]["float_val"] == 0.8
    assert "effect_multival" not in first
    assert made[second["effect_multival"][0]]["inputs"]["float_val"] == 0.25
    assert "scale_multival" not in second


@given(st.lists(st.sampled_from(SERVED), max_size=5))
def test_any_chain_is_taken_by_the_server_in_its_order(files: list[str]) -> None:
    motions = tuple(FurtherMotion(file=file) for file in files)
    assert modules(graph(spec(), motions=motions)) == [SERVED[0], *files]


def test_none_leaves_the_graph_as_it_was() -> None:
    assert graph(spec(), motions=()) == graph(spec())


def test_a_motion_lora_stays_with_the_specs_own_module() -> None:
    made = graph(spec(motion_loras=[{"name": "v2_lora_ZoomIn"}]), motions=TWO)
    assert ["motion_lora" in each for each in chain(made)] == [True, False, False]


def test_a_module_may_be_named_by_the_option_models() -> None:
    options = GraphOptions(motions=(FurtherMotion(file="old"),))
    built = build(spec(), offers(), {"old": "mm_sd_v15.ckpt"}, options)
    assert modules(built.graph)[1] == "mm_sd_v15.ckpt"
    assert "mm_sd_v15.ckpt" in built.loads


def test_a_module_that_is_not_there_is_told_with_close_names() -> None:
    (sentence,) = said(FurtherMotion(file="mm_sd_v16.ckpt"))
    assert re.search(r"backend\.motions\[0\]=mm_sd_v16\.ckpt: .*close are mm_sd_v15", sentence)


@pytest.mark.parametrize(
    ("gen", "without", "words"),
    [("gen1", (), "backend.gen=gen2"), ("auto", ("ADE_UseEvolvedSampling",), "update AnimateDiff-Evolved")],
)
def test_gen1_takes_one_module(gen: str, without: tuple[str, ...], words: str) -> None:
    (sentence,) = said(*TWO, gen=gen, at=offers(*without))
    assert "takes one motion module" in sentence
    assert words in sentence


@pytest.mark.parametrize(
    ("motions", "changes", "words"),
    [
        (TWO, {"frames": 32}, r"frames=32 is more than the 24 that backend\.motions\[0\]=mm_sd_v15\.ckpt"),
        (TWO, {"frames": 64, "window": {"length": 25}}, r"window\.length=25 is more than the 24"),
        ((FurtherMotion(file="v3_sd15_mm", table=16),), {"frames": 17}, "more than the 16"),
    ],
)
def test_the_shortest_known_table_limits_what_is_seen_at_once(
    motions: tuple[FurtherMotion, ...], changes: dict[str, Any], words: str
) -> None:
    (sentence,) = said(*motions, **changes)
    assert re.search(words, sentence), sentence


@pytest.mark.parametrize(
    ("motions", "changes"),
    [
        (TWO, {"frames": 24}),
        (TWO, {"frames": 64, "window": {"length": 24}}),
        ((FurtherMotion(file="mm_sd_v15.ckpt", table=32),), {"frames": 32}),
    ],
)
def test_what_fits_the_tables_is_not_refused(
    motions: tuple[FurtherMotion, ...], changes: dict[str, Any]
) -> None:
    assert said(*motions, **changes) == []


@pytest.mark.parametrize(("start", "end"), [(0.5, 0.5), (1, 0), (0.6, 0.2)])
def test_a_module_that_never_acts_is_refused(start: float, end: float) -> None:
    with pytest.raises(ValidationError, match=r"is not before end=.*lower start or raise end"):
        ComfyUIBackend.model_validate({"motions": [{"file": "mm", "start": start, "end": end}]})


def test_a_single_word_is_a_module() -> None:
    assert ComfyUIBackend.model_validate({"motions": "mm_sd_v15.ckpt"}).motions == (
        FurtherMotion(file="mm_sd_v15.ckpt"),
    )


def test_modules_are_in_the_identity_and_their_tables_are_not() -> None:
    def identity(*motions: Any) -> Any:
        return ComfyUIBackend.model_validate({"motions": motions}).identity()

    assert "motions" not in identity()
    assert identity("mm") == identity({"file": "mm", "scale": 1, "table": 24})
    every = [
        identity("mm"),
        identity("mm", "mm2"),
        identity("mm2", "mm"),
        identity({"file": "mm", "end": 0.5}),
    ]
    assert len({str(each) for each in every}) == 4


def test_further_modules_change_the_clip(double: Double) -> None:
    clips = []
    for motions in ((), ("mm_sd_v15.ckpt",), ({"file": "mm_sd_v15.ckpt", "effect": 0.5},)):
        backend = hurried(double, motions=motions)
        assert backend.preflight([tiny()]) == [[]]
        clips.append(backend.render(tiny(), quiet).frames)
        backend.close()
    assert not any(np.array_equal(clips[a], clips[b]) for a, b in ((0, 1), (0, 2), (1, 2)))


def test_what_stands_against_a_module_is_in_the_preflight(double: Double) -> None:
    backend = hurried(double, motions=["nowhere.ckpt"])
    ((sentence,),) = backend.preflight([tiny()])
    backend.close()
    assert "backend.motions[0]=nowhere.ckpt: the server has no file" in sentence
    with pytest.raises(Unsupported, match=r"backend\.motions\[0\]"):
        build(spec(), offers(), {}, GraphOptions(motions=(FurtherMotion(file="nowhere.ckpt"),)))


@pytest.mark.parametrize("there", [True, False], ids=["for a server", "for none"])
def test_an_exported_graph_has_them(studio: Studio, double: Double, there: bool) -> None:
    words = ("checkpoint=sd15", "motion=v15_v2", "backend.models.sd15=random_sd15.safetensors", "frames=8")
    further = "backend.motions=[{file: mm_sd_v15.ckpt, end: 0.5}]"
    url = double.url if there else "http://127.0.0.1:1"
    said = studio("comfyui", "export", *words, further, "--url", url, "--api", "-o", "mine.json")
    assert said.code == 0, said.err
    made = json.loads((studio.folder / "mine.json").read_text(encoding="utf-8"))
    assert modules(made) == ["mm_sd_v15_v2.ckpt", "mm_sd_v15.ckpt"]


def test_an_xl_clip_takes_further_modules_too() -> None:
    made = graph(spec(**XL), motions=(FurtherMotion(file="random_mm_sdxl_v10"),))
    assert len(chain(made)) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"workflow": "my.json", "motions": ["mm"]}, "backend.motions does nothing to the graph"),
        ({"workflow": "my.json", "noise": "auto1111", "gen": "gen2"}, "backend.gen, backend.noise do"),
        ({"set": {"7": {"cfg": 3}}}, "backend.set does nothing without backend.workflow"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ComfyUIBackend.model_validate(options)
