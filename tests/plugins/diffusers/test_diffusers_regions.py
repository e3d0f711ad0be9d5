"""Regions: each prompt has its say where its mask is white."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rendering import render


@pytest.fixture
def mask(tmp_path: Path) -> Any:
    """A mask file of 64x64: white from column `start` to column `end`."""

    def write(start: int, end: int) -> str:
        pixels = np.zeros((64, 64), np.uint8)
        pixels[:, start:end] = 255
        path = tmp_path / f"mask_{start}_{end}.png"
        Image.fromarray(pixels).save(path)
        return str(path)

    return write


def test_a_region_of_everything_is_a_clip_of_its_prompt(spec: Any, backend: Any, mask: Any) -> None:
    whole = render(backend, spec(regions=[{"prompt": "a dog", "mask": mask(0, 64)}])).frames.astype(int)
    assert abs(whole - render(backend, spec(prompt="a dog")).frames).max() <= 1


def test_a_region_of_nothing_changes_nothing(spec: Any, backend: Any, mask: Any) -> None:
    none = render(backend, spec(regions=[{"prompt": "a dog", "mask": mask(0, 0)}])).frames.astype(int)
    assert abs(none - render(backend, spec()).frames).max() <= 1


def test_shares_sum_to_one_and_weights_count_where_regions_meet(spec: Any, mask: Any) -> None:
    import torch
    from animorch_diffusers.regions import regions_of

    asked = spec(
        regions=[
            {"prompt": "a dog", "mask": mask(0, 32), "weight": 3},
            {"prompt": "a car", "mask": mask(16, 48)},
        ]
    )
    found = regions_of(asked, 8, 8, "cpu")
    assert found is not None
    assert found.shares.shape == (3, 1, 4, 8, 8)
    assert torch.allclose(found.shares.sum(dim=0), torch.ones(1, 4, 8, 8))
    row = found.shares[:, 0, 0, 0].T.tolist()  # one for each column: clip, dog, car
    assert row[0] == pytest.approx([0, 1, 0])
    assert row[3] == pytest.approx([0, 0.75, 0.25])
    assert row[5] == pytest.approx([0, 0, 1])
    assert row[7] == pytest.approx([1, 0, 0])


def test_regions_work_inside_windows_and_are_counted(spec: Any, backend: Any, mask: Any) -> None:
    asked = spec(
        frames=6, seed=5, window={"length": 4, "overlap": 1}, regions={"prompt": "a dog", "mask": mask(0, 32)}
    )
    clip = render(backend, asked).frames
    assert backend.environment()["unet_calls"] == str(asked.unet_calls)
    assert not np.array_equal(clip, render(backend, asked.model_copy(update={"regions": ()})).frames)
