"""Memory: estimates, what saves it without a changed pixel, and what happens when it runs out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from animorch_diffusers import DiffusersBackend
from animorch_diffusers.estimate import GB, Setup, peak, scores, unet_bytes, weights
from animorch_diffusers.fit import Room, advice, largest_size, memory_notes, most_frames
from animorch_diffusers.memory import Budget
from hypothesis import given
from hypothesis import strategies as st
from rendering import render

from animorch import BackendError, RenderSpec

EXACT = pytest.approx
FRAME_BY_FRAME = Setup(budget=Budget(decode_chunk=1))


def sd15(**fields: Any) -> RenderSpec:
    """A clip of Stable Diffusion 1.5 with v15_v2; nothing of it is read."""
    given = {
        "checkpoint": {"name": "c", "base": "sd15", "repo": "some/one"},
        "motion": {"name": "m", "base": "sd15", "family": "v2", "repo": "some/one", "file": "m.ckpt"},
        "prompt": "a cat",
        "frames": 16,
        "width": 512,
        "height": 512,
    }
    return RenderSpec.model_validate(given | fields)


def near(published: float) -> Any:
    return pytest.approx(published * GB, rel=0.15)


# ---- the estimate


@pytest.mark.parametrize(
    ("published", "fields", "setup"),
    [
        (5.6, {}, FRAME_BY_FRAME),  # A1111 extension, SDPA
        (4.2, {"cfg": 1}, FRAME_BY_FRAME),  # the same, cond and uncond one after the other
        (10.0, {}, Setup()),  # the guide's figure, all frames decoded at once
        (25.2, {"frames": 128}, Setup()),  # diffusers #9231, FreeNoise
        (13.9, {"frames": 128}, Setup(budget=Budget(chunk_feed_forward=256))),  # the same, chunked
    ],
)
def test_the_estimate_is_within_15_percent_of_a_published_peak(published, fields, setup) -> None:
    assert peak(sd15(**fields), setup) == near(published)


def test_attention_that_writes_its_scores_out_once_is_a1111s_figure_without_optimisation() -> None:
    whole = Setup(budget=Budget(chunk_feed_forward=1000))  # at its worst no feed-forward is open
    assert sum(weights(sd15(), "fp16")) + unet_bytes(sd15(), whole) + 32 * scores(sd15(), 2) == near(12.1)


def test_weights_in_half_precision_are_the_counted_gigabytes() -> None:
    unet, text, vae = (part / GB for part in weights(sd15(), "fp16"))
    assert (unet, text, vae) == (EXACT(1.72 + 0.91, abs=0.01), EXACT(0.25, abs=0.01), EXACT(0.17, abs=0.01))


sides = st.integers(8, 256).map(lambda side: side * 8)
setups = st.builds(
    Setup,
    st.sampled_from(["fp32", "fp16", "bf16"]),
    st.sampled_from(["none", "model", "group", "sequential"]),
    st.sampled_from(["auto", "math"]),
    st.builds(
        Budget,
        st.integers(1, 32),
        st.integers(1, 3),
        st.none() | st.integers(1, 9),
        st.booleans(),
        st.booleans(),
    ),
)


@given(st.integers(1, 200), st.integers(0, 50), sides, sides, st.integers(0, 64), setups)
def test_more_frames_or_a_larger_size_never_take_less(frames, more, width, height, wider, setup) -> None:
    small = sd15(frames=frames, width=width, height=height)
    large = sd15(frames=frames + more, width=width + 8 * wider, height=height)
    assert peak(small, setup) <= peak(large, setup)


@given(sides, sides, st.integers(1, 64), st.floats(1, 40), setups)
def test_what_is_said_to_fit_fits_and_the_next_larger_does_not(width, height, frames, room, setup) -> None:
    spec, room = sd15(width=width, height=height, frames=frames), room * GB
    most = most_frames(spec, setup, room)
    assert not most or peak(sd15(width=width, height=height, frames=most), setup) <= room
    assert most == frames or peak(sd15(width=width, height=height, frames=most + 1), setup) > room
    size = largest_size(spec, setup, room)
    assert size is None or peak(sd15(width=size[0], height=size[1], frames=frames), setup) <= room


@given(st.floats(0.5, 60), setups, st.sampled_from(["cuda", "cpu"]))
def test_advice_always_says_something_to_do_or_that_nothing_fits(room, setup, device) -> None:
    told = advice(sd15(), setup, Room("a card", room * GB), device)
    assert told.startswith(("set backend.", "frames=", "width=", "nothing of it fits"))
    assert device == "cuda" or "offload" not in told


# ---- plan


def test_on_a_card_the_plan_tells_the_memory_and_what_to_set_where_it_will_not_fit(monkeypatch) -> None:
    from animorch_diffusers import fit

    monkeypatch.setattr(fit, "card", lambda: Room("a card", 8e9))
    (told,) = memory_notes(sd15(), Setup(), "cuda")
    assert told.startswith("16 frames of 512x512 need about 9.6 GB and a card has 8.0 GB; set backend.decode")
    monkeypatch.setattr(fit, "card", lambda: Room("a card", 24e9))
    (told,) = memory_notes(sd15(), Setup(), "cuda")
    assert told == "16 frames of 512x512 need about 9.6 GB of the card's memory (a card has 24.0 GB)"


def test_on_the_cpu_it_is_told_only_when_it_will_not_fit(spec) -> None:
    assert not list(DiffusersBackend(device="cpu").notes(spec()))
    (told,) = DiffusersBackend(device="cpu").notes(sd15(width=8192, height=8192))
    assert "this machine has" in told
    assert "offload" not in told


def test_a_machine_without_nvidia_smi_is_told_the_need_alone(monkeypatch) -> None:
    from animorch_diffusers import fit

    fit.card.cache_clear()
    monkeypatch.setenv("PATH", "")
    (told,) = DiffusersBackend(device="cuda").notes(sd15())
    fit.card.cache_clear()
    assert told.endswith("GB of the card's memory")


# ---- options: which move pixels


def options(**given: Any) -> DiffusersBackend:
    return DiffusersBackend(device="cpu", threads=1, **given)


def test_chunked_feed_forwards_change_no_pixel_on_the_cpu_and_are_in_no_key(spec, backend, fresh) -> None:
    asked = spec(frames=3)
    assert np.array_equal(fresh(asked, chunk_feed_forward=5), render(backend, asked).frames)
    assert options(chunk_feed_forward=5).identity() == options().identity()


@pytest.mark.parametrize("given", [{"attention": "math"}, {"channels_last": True}, {"vae_slicing": True}])
def test_options_that_round_otherwise_stay_within_a_level_and_are_in_the_key(
    spec, backend, fresh, given
) -> None:
    asked = spec(frames=3)
    apart = fresh(asked, **given).astype(int) - render(backend, asked).frames
    assert abs(apart).max() <= 1
    assert options(**given).identity() == options().identity() | given


def test_tiles_change_pixels_and_are_in_the_key(spec, backend, fresh) -> None:
    asked = spec(frames=1, steps=1)  # of 2x2 tiles for the tiny VAE
    assert not np.array_equal(fresh(asked, vae_tiling=True), render(backend, asked).frames)
    assert options(vae_tiling=True).identity() == options().identity() | {"vae_tiling": True}


def test_window_batch_is_in_the_key_of_a_spec_with_windows_alone(spec) -> None:
    batched = options(window_batch=2)
    assert "window_batch" not in batched.numerics(spec())
    assert batched.numerics(spec(frames=32, window={"length": 16}))["window_batch"] == 2
    assert "window_batch" not in options().numerics(spec(frames=32, window={"length": 16}))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"offload": "model"}, "backend.device=cpu has none of its own; set backend.offload=none"),
        ({"attention": "cudnn"}, "backend.attention=cudnn is for cuda"),
        ({"compile": True}, "backend.compile=true is for cuda"),
    ],
)
def test_what_the_cpu_cannot_do_is_refused_with_a_sentence(spec, given, said) -> None:
    assert any(said in problem for problem in options(**given).unsupported(spec()))


def test_a_card_refuses_what_cannot_be_together(spec) -> None:
    def problems(**given: Any) -> str:
        return " ".join(DiffusersBackend(device="cuda", **given).unsupported(spec()))

    assert "cannot see through backend.offload=model" in problems(compile=True, offload="model")
    assert "no kernel for fp32" in problems(attention="flash", dtype="fp32")
    assert not problems(offload="group", attention="flash")


def test_layers_that_visit_the_device_one_by_one_render_the_same_pixels(spec, backend) -> None:
    import torch
    from animorch_diffusers.call import rendered
    from animorch_diffusers.offload import put_away
    from animorch_diffusers.quiet import quiet
    from animorch_diffusers.warm import Warm

    asked = spec(frames=2)
    with quiet():  # the backend refuses it on a CPU, where it works and saves nothing
        ready = Warm(torch.device("cpu"), torch.float32, True).ready(asked)
        for _ in range(2):
            put_away(ready.pipe, "group", torch.device("cpu"))
            clip = rendered(ready, asked, lambda *_: None, Budget())[0]
    assert np.array_equal(clip.frames, render(backend, asked).frames)


# ---- running out


def full_above(monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    """torch's own error from the first `calls` UNet calls, as a card of too little memory would raise it."""
    import torch
    from diffusers import UNetMotionModel

    whole, seen = UNetMotionModel.forward, []

    def forward(self: Any, *given: Any, **named: Any) -> Any:
        seen.append(1)
        if len(seen) <= calls:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return whole(self, *given, **named)

    monkeypatch.setattr(UNetMotionModel, "forward", forward)


def test_a_full_memory_is_tried_once_more_with_less_and_gives_the_same_pixels(
    spec, backend, monkeypatch
) -> None:
    asked = spec(frames=3)
    expected = render(backend, asked).frames
    full_above(monkeypatch, 1)
    tried = options()
    assert np.array_equal(render(tried, asked).frames, expected)
    assert "backend.chunk_feed_forward=16" in tried.environment()["memory_ran_out"]
    assert np.array_equal(render(tried, asked).frames, expected)  # and stays small for the next point
    tried.close()


def test_a_memory_that_stays_full_is_reported_with_what_would_fit(spec, monkeypatch) -> None:
    full_above(monkeypatch, 2)
    with pytest.raises(BackendError, match=r"cpu ran out of memory at 4 frames of 64x64, also with") as error:
        render(options(), spec())
    assert "GB are needed: " in str(error.value)


def test_another_error_is_not_taken_for_a_full_memory(spec, monkeypatch) -> None:
    from diffusers import UNetMotionModel

    def broken(self: Any, *given: Any, **named: Any) -> Any:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(UNetMotionModel, "forward", broken)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        render(options(), spec())


@pytest.mark.gpu
@pytest.mark.parametrize("mode", ["model", "group", "sequential"])
def test_offload_changes_no_pixel_on_a_card(spec, mode) -> None:
    asked = spec()
    expected = render(DiffusersBackend(device="cuda"), asked).frames
    assert np.array_equal(render(DiffusersBackend(device="cuda", offload=mode), asked).frames, expected)
