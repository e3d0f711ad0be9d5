"""Whatever spec is accepted, its payload is one that the extension reads as the spec means it."""

from __future__ import annotations

from typing import Any

from a1111_given import MODELS, OLD_SERVER, V1_SERVER, V2_SERVER, animatediff, read_travel, spec
from animorch_a1111.offers import Offers
from animorch_a1111.payload import request
from animorch_a1111.refusals import problems
from animorch_diffusers.travel import on_the_way
from animorch_diffusers.travel import stops as diffusers_stops
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from animorch import RenderSpec
from tests.doubles.a1111.plan import planned
from tests.doubles.a1111.stock import Stock

words = st.text("ab3: ,()[]\n", max_size=12) | st.sampled_from(
    ["a kite", " ", "2: a boat", "a\n4: b", "(sea:1.2)"]
)
servers = st.sampled_from([V2_SERVER, V1_SERVER, OLD_SERVER])


@st.composite
def specs(draw: st.DrawFn) -> RenderSpec:
    """Mostly specs that are accepted."""
    frames = draw(st.integers(1, 40))
    length = draw(st.integers(2, 32))
    keys = st.integers(0, frames - 1)
    travel = draw(st.dictionaries(keys, words, max_size=4))
    changes: dict[str, Any] = {
        "frames": frames,
        "prompt": draw(words),
        "negative_prompt": draw(words),
        "prompt_travel": travel,
        "seed": draw(st.integers(0, 2**64 - 1)),
        "steps": draw(st.integers(1, 60)),
        "cfg": draw(st.floats(0, 30, allow_nan=False)),
        "width": 8 * draw(st.integers(1, 20)),
        "sampler": draw(st.sampled_from(["ddim", "euler", "dpmpp_2m", "lcm"])),
        "clip_skip": draw(st.integers(1, 3)),
        "window": {
            "length": length,
            "overlap": draw(st.integers(0, length - 1)),
            "stride_levels": draw(st.integers(1, 4)),
            "closed_loop": draw(st.booleans()),
        },
        "loras": draw(st.sampled_from([[], [{"name": "film_grain", "weight": 0.35}]])),
    }
    if frames <= 32 and draw(st.booleans()):
        del changes["window"]
    head, tail = draw(words), draw(words)
    if travel or head or tail:
        hold, loop = draw(st.sampled_from([0, 0.25, 0.9, 1])), draw(st.booleans())
        changes["travel"] = {"blend": "slerp", "hold": hold, "head": head, "tail": tail, "closed_loop": loop}
    if draw(st.booleans()):
        changes["freeinit"] = {"iterations": draw(st.integers(1, 4))}
    return spec(**changes)


def accepted(one: RenderSpec, server: Offers) -> Any:
    assume(not problems(one, server, MODELS))
    return request(one, server, MODELS)


@settings(max_examples=80, deadline=None)
@given(specs(), servers)
def test_animatediff_gets_what_it_can_read(one: RenderSpec, server: Offers) -> None:
    args = animatediff(accepted(one, server))
    assert args.keys() <= (server.args or {}).keys()
    assert 1 <= args["batch_size"] <= args["video_length"] == one.frames
    assert args["batch_size"] <= 32
    assert isinstance(args["fps"], int)
    assert args["fps"] > 0
    assert args["closed_loop"] in ("N", "R-P", "R+P", "A")
    assert 0 <= args["overlap"] < args["batch_size"] or args["closed_loop"] == "N"


@settings(max_examples=200, deadline=None)
@given(specs())
def test_every_frame_is_told_what_the_diffusers_backend_tells_it(one: RenderSpec) -> None:
    sent = accepted(one, V2_SERVER)
    path = diffusers_stops(one.prompt, one.prompt_travel)
    read = read_travel(sent.body["prompt"], one.frames)
    if read is None:
        assert len({plain(text) for text in path.values()}) == 1
        return
    keys = {frame: plain(text) for frame, text in read[1].items()}
    loop = animatediff(sent)["closed_loop"] in ("R+P", "A")
    for frame in range(one.frames):
        way = on_the_way(path, frame, one.frames, one.travel)
        start, end, share = between(keys, frame, one.frames, loop)
        told = (plain(way.start), plain(way.end), round(way.share, 6))
        if share and start != end and plain(way.start) != plain(way.end):
            assert told == (start, end, share), frame
        else:
            assert told[0] == start, frame
            assert not way.share or told[0] == told[1], frame


def between(keys: dict[int, str], frame: int, frames: int, loop: bool) -> tuple[str, str, float]:
    """The prompts that the extension puts a frame between, and the share of the second.

    As its page has it: the last key holds to the end, or blends into the first when the prompts go round.
    """
    before = max(key for key in keys if key <= frame)
    later = [key for key in keys if key > frame]
    if not later and not loop:
        return keys[before], keys[before], 0
    after = later[0] if later else frames + min(keys)
    return keys[before], keys[after % frames], round((frame - before) / (after - before), 6)


def plain(text: str) -> str:
    """On one line, as a key's text has to be."""
    return " ".join(text.split())


@settings(max_examples=80, deadline=None)
@given(specs(), servers)
def test_a_request_is_a_function_of_its_spec(one: RenderSpec, server: Offers) -> None:
    assert accepted(one, server) == request(one, server, MODELS)


@settings(max_examples=80, deadline=None)
@given(specs())
def test_nothing_is_left_to_the_servers_options(one: RenderSpec) -> None:
    sent = accepted(one, V2_SERVER)
    assert {"sampler_name", "scheduler", "seed", "restore_faces", "tiling", "cfg_scale"} <= sent.body.keys()
    assert {"CLIP_stop_at_last_layers", "sd_vae", "samples_format"} <= sent.settings.keys()


@settings(max_examples=80, deadline=None)
@given(specs(), st.sampled_from(["v2", "v1.13.1"]))
def test_a_server_finds_nothing_to_correct_in_silence(one: RenderSpec, version: str) -> None:
    sent = accepted(one, V2_SERVER if version == "v2" else V1_SERVER)
    plan = planned(sent.body, sent.route, Stock(), version)
    assert not plan.corrections
    assert not isinstance(plan.setup, str)
    travel = plan.travel()  # raises what poisons a server
    for frame, text in sent.expected.travel.items():
        assert travel is not None
        assert text in travel.prompts[frame]
