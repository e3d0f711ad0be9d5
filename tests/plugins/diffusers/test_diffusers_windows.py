"""Windows: clips of any length, without a seam, at the cost that the plan tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from animorch_diffusers.windows import fused, in_batches
from hypothesis import given, settings
from hypothesis import strategies as some
from rendering import render

from animorch import Unsupported, Window, composed


@pytest.fixture
def unet_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Shapes of what the UNet is given, call by call."""
    from diffusers import UNetMotionModel

    shapes: list[tuple[int, ...]] = []
    forward = UNetMotionModel.forward

    def told(unet: Any, sample: Any, *args: Any, **named: Any) -> Any:
        shapes.append(tuple(sample.shape))
        return forward(unet, sample, *args, **named)

    monkeypatch.setattr(UNetMotionModel, "forward", told)
    return shapes


@given(
    frames=some.integers(2, 40),
    length=some.integers(2, 12),
    fuse=some.sampled_from(("flat", "pyramid", "relative", "overlap_linear")),
    schedule=some.sampled_from(("looped_uniform", "uniform", "static", "batched")),
    step=some.integers(0, 9),
)
@settings(max_examples=40, deadline=None)
def test_windows_that_agree_are_laid_together_unchanged(
    frames: int, length: int, fuse: str, schedule: str, step: int
) -> None:
    import torch

    window = Window(length=length, overlap=length // 2, fuse=fuse, schedule=schedule)
    clip = torch.randn((2, 3, frames, 1, 2), generator=torch.Generator().manual_seed(step))
    windows = window.at_step(step, frames)
    again = fused([clip[:, :, members] for members in windows], window, windows, frames)
    assert torch.allclose(again, clip, atol=1e-6)


def test_windows_of_one_length_go_together() -> None:
    windows = [[0, 1], [2, 3], [4, 5], [6]]
    assert list(in_batches(windows, 2)) == [[[0, 1], [2, 3]], [[4, 5]], [[6]]]
    assert list(in_batches(windows, 1)) == [[window] for window in windows]


def test_a_window_as_long_as_the_clip_changes_no_bit(spec: Any, backend: Any) -> None:
    windowed = render(backend, spec(window={"length": 4, "overlap": 1})).frames
    assert np.array_equal(windowed, render(backend, spec()).frames)


def test_the_unet_sees_windows_and_is_called_as_often_as_planned(
    spec: Any, backend: Any, unet_calls: list[tuple[int, ...]]
) -> None:
    asked = spec(frames=10, steps=3, seed=81, window={"length": 4, "overlap": 1, "stride_levels": 2})
    render(backend, asked)
    assert {shape[:3] for shape in unet_calls} == {(2, 4, 4)}
    assert 2 * len(unet_calls) == asked.unet_calls
    assert backend.environment()["unet_calls"] == str(asked.unet_calls)


def test_windows_in_one_call_are_the_same_clip_but_for_rounding(
    spec: Any, fresh: Any, unet_calls: list[tuple[int, ...]]
) -> None:
    asked = spec(frames=9, window={"length": 4, "overlap": 1, "schedule": "batched"}, prompt_travel={8: "x"})
    apart = fresh(asked).astype(int)
    together = fresh(asked, window_batch=2).astype(int)
    assert abs(apart - together).max() <= 1
    assert [shape[0::2] for shape in unet_calls[-2:]] == [(4, 4, 8), (2, 1, 8)]


@pytest.mark.parametrize("schedule", ["looped_uniform", "uniform", "static", "batched"])
@pytest.mark.parametrize("sampler", ["heun", "ddim"])
def test_every_schedule_renders_with_every_kind_of_sampler(
    spec: Any, backend: Any, schedule: str, sampler: str
) -> None:
    window = {"length": 4, "overlap": 1, "schedule": schedule, "fuse": "pyramid"}
    assert len(render(backend, spec(frames=6, sampler=sampler, window=window))) == 6


def test_frames_beyond_the_table_are_windowed_or_refused_with_the_cure(
    spec: Any, motion: Any, backend: Any
) -> None:
    long = {"motion": motion("motion_v1"), "frames": 26, "steps": 1}
    with pytest.raises(Unsupported, match=r"slide over them: window\.length=16"):
        render(backend, spec(**long))
    with pytest.raises(Unsupported, match=r"window\.length=25 is more than the 24"):
        render(backend, spec(**long, window={"length": 25}))
    assert len(render(backend, spec(**long, window={"length": 16}))) == 26


def test_64_frames_in_windows_of_16_have_no_seam(backend: Any) -> None:
    words = ["frames=64", "window.length=16", "window.overlap=8", "window.fuse=pyramid", "steps=5", "cfg=4"]
    words += ["sampler=dpmpp_2m", "prompt=a red star spinning on a navy background"]
    spec = composed(words).spec
    frames = render(backend, spec).frames.astype(float)
    change = abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))  # from frame i to i + 1
    assert spec.window is not None
    windows = spec.window.at_step(spec.steps - 1, spec.frames)
    edges = {members[0] - 1 for members in windows} | {members[-1] for members in windows}
    borders = np.array([change[edge] for edge in edges if 0 <= edge < len(change)])
    others = np.array([change[place] for place in range(len(change)) if place not in edges])
    assert borders.mean() <= others.mean() + others.std()
    assert borders.max() <= others.mean() + 4 * others.std()
