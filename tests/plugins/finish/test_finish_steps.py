"""Each finishing step keeps the contract of post-steps and does what its name says."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import animorch_finish as finish
import numpy as np
import pytest
from animorch_finish import lab
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image

import animorch
from animorch import AnimorchError, BackendError, Clip, UsageError, WeightsError
from animorch.testing import PostStepContract, moving_clip


class TestColourMatch(PostStepContract):
    plugin = finish.ColourMatch


class TestCrop(PostStepContract):
    plugin = finish.Crop
    options: ClassVar[dict[str, int]] = {"width": 20, "height": 8}


class TestDeflicker(PostStepContract):
    plugin = finish.Deflicker


class TestExtract(PostStepContract):
    plugin = finish.Extract
    options: ClassVar[dict[str, int]] = {"every": 2}


class TestLabel(PostStepContract):
    plugin = finish.Label


class TestPad(PostStepContract):
    plugin = finish.Pad
    options: ClassVar[dict[str, int]] = {"width": 64, "height": 64}


class TestRate(PostStepContract):
    plugin = finish.Rate


class TestResize(PostStepContract):
    plugin = finish.Resize
    options: ClassVar[dict[str, Any]] = {"width": 24, "height": 24, "fit": "crop"}


class TestSeamless(PostStepContract):
    plugin = finish.Seamless


class TestStabilise(PostStepContract):
    plugin = finish.Stabilise


class TestUpscale(PostStepContract):
    plugin = finish.Upscale


class TestWatermark(PostStepContract):
    plugin = finish.Watermark

    @pytest.fixture(autouse=True)
    def _picture(self, tmp_path: Path) -> None:
        Image.new("RGBA", (8, 4), (255, 0, 0, 128)).save(tmp_path / "mark.png")
        self.options = {"picture": str(tmp_path / "mark.png")}


def smooth(width: int, height: int, seed: int = 1) -> np.ndarray[Any, Any]:
    small = np.random.default_rng(seed).integers(
        40, 216, (max(2, height // 8), max(2, width // 8), 3), np.uint8
    )
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def grey(*levels: int) -> Clip:
    return Clip(np.array(levels, np.uint8)[:, None, None, None] * np.ones((1, 16, 16, 3), np.uint8))


def refused(kind: type[AnimorchError], name: str, clip: Clip | None = None, **options: Any) -> str:
    with pytest.raises(kind) as told:
        animorch.make("post", name, options).apply(clip or moving_clip())
    return str(told.value)


def test_a_crop_and_a_pad_hold_the_same_pixels_at_every_corner() -> None:
    clip = moving_clip(2, 20, 14)
    for corner in ("top_left", "top", "right", "centre", "bottom_right"):
        room = finish.Pad(width=33, height=21, at=corner, colour="#102030").apply(clip)
        assert (room.width, room.height) == (33, 21)
        back = finish.Crop(width=20, height=14, at=corner).apply(room)
        assert np.array_equal(back.frames, clip.frames), corner
        assert (room.frames == np.array([0x10, 0x20, 0x30])).all(axis=-1).any()


def test_a_crop_that_is_too_large_and_a_pad_that_is_too_small_are_refused() -> None:
    assert "pad first" in refused(BackendError, "crop", width=500)
    assert "crop first" in refused(BackendError, "pad", width=4)


@given(some.integers(1, 90), some.integers(1, 90))
@settings(max_examples=20, deadline=None)
def test_resize_gives_the_size_asked_for_and_keeps_the_shape_when_one_side_is_null(
    width: int, height: int
) -> None:
    clip = moving_clip(2, 48, 32)
    both = finish.Resize(width=width, height=height, fit="pad").apply(clip)
    assert (both.width, both.height) == (width, height)
    assert finish.Resize(width=96).apply(clip).height == 64


def test_extract_takes_the_frames_named_or_every_nth_for_as_long() -> None:
    clip = moving_clip(9).at(12.0)
    named = finish.Extract(frames=(0, 8, -1)).apply(clip)
    assert np.array_equal(named.frames, clip.frames[[0, 8, 8]])
    every = finish.Extract(every=3).apply(clip)
    assert (len(every), every.fps, every.seconds) == (3, 4.0, clip.seconds)
    assert "the clip has 8" in refused(BackendError, "extract", frames=(9,))
    assert "give one" in refused(UsageError, "extract", frames=(1,), every=2)


def test_rate_shows_the_same_frames_longer() -> None:
    made = finish.Rate(fps=4).apply(moving_clip().at(8.0))
    assert made.seconds == 2 * moving_clip().at(8.0).seconds


@given(some.integers(2, 24), some.integers(1, 12))
def test_a_seamless_loop_has_no_step_larger_than_the_clip_had(count: int, overlap: int) -> None:
    clip = grey(*range(10, 10 + 8 * count, 8))  # a ramp: the jump from its end to its start is the seam
    made = finish.Seamless(overlap=overlap).apply(clip)
    faded = min(overlap, count // 2)
    assert len(made) == count - faded
    levels = made.frames[:, 0, 0, 0].astype(int)
    jump = 8 * (count - 1)
    assert abs(levels[0] - levels[-1]) <= jump / (faded + 1) + 9


def test_deflicker_evens_brightness_out() -> None:
    picture = smooth(64, 48)
    gains = 1 + 0.2 * np.array([1, -1, 1, -1, 1, -1, 1, -1, 1, -1])
    flickering = Clip(np.stack([np.clip(picture * gain, 0, 255) for gain in gains]).astype(np.uint8))

    def flicker(clip: Clip) -> float:
        return float(np.abs(np.diff(clip.frames.mean(axis=(1, 2, 3)))).mean())

    made = finish.Deflicker().apply(flickering)
    assert len(made) == 10
    assert flicker(made) < flicker(flickering) / 2


def test_colour_match_takes_a_sepia_fade_back_and_leaves_the_first_frame() -> None:
    picture = smooth(48, 32)
    tinted = np.clip(picture * 0.6 + np.array([70, 45, 10]), 0, 255).astype(np.uint8)
    made = finish.ColourMatch().apply(Clip(np.stack([picture, tinted])))
    assert np.array_equal(made.frames[0], picture)
    left, before = (np.abs(frame.astype(int) - picture).mean() for frame in (made.frames[1], tinted))
    assert left < before / 4
    assert np.array_equal(
        finish.ColourMatch(strength=0).apply(Clip(np.stack([picture, picture]))).frames[1], picture
    )


@given(some.tuples(*[some.integers(0, 255)] * 3))
def test_lab_and_back_is_the_same_colour(colour: tuple[int, int, int]) -> None:
    picture = np.array([[colour]], np.uint8)
    assert np.abs(lab.to_rgb(lab.of_rgb(picture)).astype(int) - picture).max() <= 1


def test_lab_has_the_published_values_of_red_and_white() -> None:
    found = lab.of_rgb(np.array([[[255, 0, 0], [255, 255, 255]]], np.uint8))[0]
    assert found[0] == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert found[1] == pytest.approx([100, 0, 0], abs=0.05)


@pytest.mark.parametrize("method", ["vidstab", "deshake"])
def test_stabilise_calms_a_shaking_view(method: str) -> None:
    wide = smooth(240, 180)
    shake = np.random.default_rng(3).integers(-5, 6, (14, 2))
    shots = [wide[20 + y : 148 + y, 20 + x : 180 + x] for x, y in shake]
    clip = Clip(np.stack(shots))
    made = finish.Stabilise(method=method).apply(clip)

    def unrest(frames: np.ndarray[Any, Any]) -> float:
        inside = frames[:, 24:-24, 24:-24].astype(int)
        return float(np.abs(np.diff(inside, axis=0)).mean())

    assert made.frames.shape == clip.frames.shape
    assert unrest(made.frames) < unrest(clip.frames) * 0.6


@pytest.mark.parametrize("method", ["lanczos", "zscale"])
def test_upscale_enlarges_and_stays_close_to_the_picture(method: str) -> None:
    picture = smooth(96, 64)
    small = np.asarray(Image.fromarray(picture).resize((48, 32), Image.Resampling.LANCZOS))
    made = finish.Upscale(scale=2, method=method).apply(Clip(small[None], 12.0))
    assert (made.width, made.height, made.fps) == (96, 64, 12.0)
    assert np.abs(made.frames[0].astype(int) - picture).mean() < 3


def test_an_upscaling_network_is_read_by_spandrel_or_its_absence_is_said(tmp_path: Path) -> None:
    import torch

    torch.save({"unet.weight": torch.zeros(1)}, tmp_path / "other.pth")
    options = {"weights": str(tmp_path / "other.pth"), "device": "cpu"}
    try:
        import spandrel  # noqa: F401
    except RuntimeError:
        assert "torchvision" in refused(BackendError, "upscale", **options)
    except ImportError:
        assert "animorch[upscale]" in refused(BackendError, "upscale", **options)
    else:
        assert "could not be read" in refused(WeightsError, "upscale", **options)
    assert "nowhere.pth" in refused(UsageError, "upscale", weights="nowhere.pth")


def test_a_small_network_enlarges_to_the_size_asked_for(tmp_path: Path) -> None:
    try:
        import spandrel  # noqa: F401
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"spandrel cannot be loaded here: {error}")
    import torch

    shapes = {"0": (8, 3, 3, 3), "2": (8, 8, 3, 3), "4": (12, 8, 3, 3)}  # Real-ESRGAN's compact network, x2
    state = {f"body.{at}.weight": torch.zeros(shape) for at, shape in shapes.items()}
    state |= {f"body.{at}.bias": torch.zeros(shape[0]) for at, shape in shapes.items()}
    state |= {"body.1.weight": torch.ones(8), "body.3.weight": torch.ones(8)}
    torch.save({"params": state}, tmp_path / "tiny.pth")
    clip = moving_clip(2, 20, 12)
    made = finish.Upscale(weights=str(tmp_path / "tiny.pth"), scale=3, device="cpu").apply(clip)
    assert (made.width, made.height, len(made)) == (60, 36, 2)


def test_a_label_is_drawn_in_its_corner_and_counts_frames() -> None:
    clip = Clip(np.zeros((3, 80, 200, 3), np.uint8), 8.0)
    made = finish.Label(text="frame {frame}/{frames}", at="bottom_left", size=14).apply(clip)
    assert made.frames[:, 60:, :100].max() > 200
    assert made.frames[:, :40].max() == 0
    assert not np.array_equal(made.frames[0], made.frames[1])
    assert "{{" in refused(UsageError, "label", text="{cfg}")
    assert "check the path" in refused(BackendError, "label", font="nowhere.ttf")


def test_a_watermark_covers_its_share_and_is_asked_for(tmp_path: Path) -> None:
    Image.new("RGB", (40, 20), "red").save(tmp_path / "red.png")
    clip = Clip(np.zeros((2, 50, 100, 3), np.uint8))
    made = finish.Watermark(picture=str(tmp_path / "red.png"), share=0.4, opacity=0.5).apply(clip)
    covered = made.frames[0, :, :, 0] > 0
    assert covered.sum() == 40 * 20
    assert made.frames.max() == pytest.approx(128, abs=1)
    assert "post.watermark.picture=FILE" in refused(UsageError, "watermark")
