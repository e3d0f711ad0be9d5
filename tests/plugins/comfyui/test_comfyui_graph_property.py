"""Whatever spec is asked for: it is refused, or its graph is one that the server takes."""

from __future__ import annotations

from typing import Any

import pytest
from animorch_comfyui.graph import GraphOptions, build
from animorch_comfyui.graph.plan import planned
from animorch_comfyui.refusals import unsupported
from comfyui_graphs import MOTION, V1, XL, assert_taken, offers, picture, server, spec
from hypothesis import given, settings
from hypothesis import strategies as st

from animorch import RenderSpec

NONE: tuple[str, ...] = ()
SERVERS = [
    NONE,
    ("BatchPromptSchedule*",),
    ("ADE_UseEvolvedSampling", "VHS_*"),
    ("BatchPromptSchedule*", "VHS_*", "ACN_*", "IPAdapter*"),
]
texts = st.text(st.sampled_from('ab ,}{"`-\\\n0():ü'), max_size=12)
travels = st.dictionaries(st.integers(0, 19), texts, max_size=3)


def window(length: int, overlap: int, schedule: str | None, fuse: str) -> dict[str, Any]:
    return {"length": length, "overlap": min(overlap, length - 1), "schedule": schedule, "fuse": fuse}


windows = st.builds(
    window,
    st.integers(2, 24),
    st.integers(0, 23),
    st.sampled_from([None, "uniform", "static", "batched"]),
    st.sampled_from(["flat", "pyramid", "relative", "overlap_linear"]),
)
styles = st.sampled_from(["random_style", "detail"])
lora = st.fixed_dictionaries({"name": styles, "weight": st.floats(-2, 2)})
loras = st.lists(lora, max_size=2)
filters = st.sampled_from(["butterworth", "gaussian", "ideal"])
free = st.fixed_dictionaries({"iterations": st.integers(1, 5), "filter": filters})
asked = st.fixed_dictionaries(
    {"frames": st.just(20), "motion": st.sampled_from([MOTION, V1, MOTION | {"beta_end": 0.02}])},
    optional={
        "prompt": texts,
        "negative_prompt": texts,
        "prompt_travel": travels,
        "negative_travel": travels,
        "travel": st.fixed_dictionaries(
            {},
            optional={
                "blend": st.sampled_from(["linear", "slerp"]),
                "hold": st.sampled_from([0, 0.5]),
                "closed_loop": st.booleans(),
                "tail": texts,
            },
        ),
        "window": windows,
        "freeinit": free,
        "loras": loras,
        "motion_scale": st.floats(0, 4),
        "cfg": st.floats(0, 100),
        "steps": st.integers(1, 1000),
        "seed": st.integers(0, 2**64 - 1),
        "sampler": st.sampled_from(["ddim", "euler_a", "lcm", "unipc", "DPM++ 2M SDE", "tcd"]),
        "schedule": st.sampled_from(["normal", "karras", "automatic", "beta", "ays"]),
        "width": st.sampled_from([16, 60, 64, 512]),
        "clip_skip": st.integers(1, 12),
        "vae": st.just({"name": "vae-ft-mse-840000-ema-pruned"}),
        "group_norm": st.sampled_from([None, "frame", "clip"]),
    },
)
options = st.builds(
    GraphOptions,
    gen=st.sampled_from(["auto", "gen1"]),
    noise=st.sampled_from(["comfy", "auto1111"]),
    tiled_decode=st.booleans(),
    video=st.sampled_from([None, "h264-mp4", "webm"]),
    fps=st.sampled_from([8.0, 12.5]),
)


@settings(max_examples=120, deadline=None)
@given(changes=asked, without=st.sampled_from(SERVERS), chosen=options)
def test_a_graph_that_nothing_stands_against_is_taken_by_the_server(
    changes: dict[str, Any], without: tuple[str, ...], chosen: GraphOptions
) -> None:
    wanted = spec(**changes)
    built, problems = planned(wanted, offers(*without), {}, chosen)
    assert all(sentence.strip() for sentence in problems)
    if not problems and not list(unsupported(wanted)):
        assert_taken(built, server(*without))
        again, _ = planned(RenderSpec.model_validate(wanted.model_dump()), offers(*without), {}, chosen)
        assert (again.graph, again.key()) == (built.graph, built.key())


CHANGED: dict[str, Any] = {
    "motion": V1,
    "loras": [{"name": "random_style", "weight": 0.5}],
    "motion_loras": [{"name": "v2_lora_ZoomIn"}],
    "motion_scale": 1.2,
    "prompt": "an old tram",
    "negative_prompt": "text, badhands",
    "prompt_travel": {0: "a", 9: "b"},
    "negative_travel": {0: "a", 9: "b"},
    "travel": {"tail": "at dusk"},
    "steps": 7,
    "cfg": 4.5,
    "sampler": "euler",
    "schedule": "karras",
    "seed": 1,
    "width": 72,
    "height": 56,
    "frames": 21,
    "window": {"length": 8, "overlap": 2},
    "clip_skip": 2,
    "vae": {"name": "vae-ft-mse-840000-ema-pruned"},
    "freeinit": {"iterations": 2},
}


@pytest.mark.parametrize("field", CHANGED)
def test_a_changed_field_is_another_key(field: str) -> None:
    usual = spec(frames=20)
    changed = spec(**{"frames": 20, field: CHANGED[field]})
    assert build(usual, offers()).key() != build(changed, offers()).key()


@pytest.mark.parametrize(
    "path",
    [
        "init",
        "mask",
        "controlnets",
        "sparse_control",
        "ip_adapters",
        "regions",
        "embeddings",
        "freenoise",
        "base",
    ],
)
def test_a_changed_input_is_another_key(path: str, tmp_path: Any) -> None:
    one, other = picture(tmp_path / "a.png"), picture(tmp_path / "b.png", white=0.2)
    net = {"name": "control_v11p_sd15_openpose", "pictures": one}
    sparse = {"name": "v3_sd15_sparsectrl_rgb", "keyframes": {0: one}}
    look = {"name": "ip-adapter_sd15", "images": [one]}
    windowed: dict[str, Any] = {"frames": 20, "window": {"length": 8, "overlap": 2}}
    before, after = {
        "init": ({"init": {"path": one}}, {"init": {"path": one, "strength": 0.5}}),
        "mask": ({"init": {"path": one}}, {"init": {"path": one}, "mask": {"path": other}}),
        "controlnets": ({"controlnets": [net]}, {"controlnets": [net | {"pictures": other}]}),
        "sparse_control": (
            {"sparse_control": sparse},
            {"sparse_control": sparse | {"keyframes": {1: one}}},
        ),
        "ip_adapters": ({"ip_adapters": [look]}, {"ip_adapters": [look | {"mask": other}]}),
        "regions": ({}, {"regions": [{"prompt": "a boat", "mask": one}]}),
        "embeddings": (
            {"prompt": "badhands"},
            {"prompt": "badhands", "embeddings": [{"name": "badhands"}]},
        ),
        "freenoise": (windowed, windowed | {"freenoise": {"length": 8, "stride": 6}}),
        "base": ({}, XL),
    }[path]
    assert build(spec(**before), offers()).key() != build(spec(**after), offers()).key()
