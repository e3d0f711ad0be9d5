"""Inputs through the backend: every kind renders, and does what it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rendering import render

from animorch import composed


@pytest.fixture
def with_inputs(spec, controls: Path):
    """A spec with some of the tiny inputs, by short words."""
    given: dict[str, Any] = {
        "init": {"path": str(controls / "film"), "strength": 0.5},
        "mask": str(controls / "mask.png"),
        "controlnets": [
            {"name": "c", "path": str(controls / "controlnet.pth"), "pictures": str(controls / "film")},
            {
                "name": "d",
                "path": str(controls / "controlnet"),
                "pictures": str(controls / "photo.png"),
                "end": 0.5,
            },
        ],
        "sparse_control": {
            "name": "s",
            "path": str(controls / "sparse_rgb.ckpt"),
            "keyframes": {0: str(controls / "photo.png")},
        },
        "ip_adapters": [
            {
                "name": "i",
                "path": str(controls / "ip_plus.safetensors"),
                "images": [str(controls / "photo.png")],
            }
        ],
    }
    return lambda *words, **fields: spec(**{word: given[word] for word in words}, steps=4, **fields)


KINDS = ("init", "controlnets", "sparse_control", "ip_adapters")


def test_each_kind_changes_the_clip_and_leaves_nothing_behind(backend, with_inputs) -> None:
    plain = render(backend, with_inputs()).frames
    for kind in KINDS:
        found = render(backend, with_inputs(kind)).frames
        assert found.shape == plain.shape
        assert (found != plain).any(), kind
        assert (render(backend, with_inputs(kind)).frames == found).all(), kind
    assert (render(backend, with_inputs()).frames == plain).all()


def test_all_kinds_work_together_through_windows(backend, with_inputs) -> None:
    windowed = {"window": {"length": 3, "overlap": 1}}
    found = render(backend, with_inputs(*KINDS, "mask", **windowed)).frames
    assert found.shape == (4, 64, 64, 3)
    assert (found != render(backend, with_inputs(*KINDS, **windowed)).frames).any()


def test_less_strength_and_a_mask_keep_more_of_the_init(backend, tmp_path: Path) -> None:
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (64, 64), "navy")
    ImageDraw.Draw(picture).rectangle((8, 20, 28, 40), fill="red")
    picture.save(tmp_path / "square.png")
    half = Image.new("L", (64, 64), 0)
    half.paste(255, (32, 0, 64, 64))
    half.save(tmp_path / "right.png")

    def apart(strength: float, *words: str) -> np.ndarray[Any, Any]:
        asked = ["frames=4", "steps=6", "prompt=a green circle on a white background", "seed=1"]
        init = [f"init.path={tmp_path}/square.png", f"init.strength={strength}"]
        frames = render(backend, composed([*asked, *init, *words]).spec).frames.astype(np.float32)
        return np.abs(frames - np.asarray(picture, np.float32))

    little, much = apart(0.2), apart(1.0)
    assert little.mean() < 20 < much.mean()
    masked = apart(1.0, f"mask={tmp_path}/right.png")
    left, right = slice(0, 28), slice(36, 64)
    # the VAE's decoder looks at the whole picture, so the kept half takes a tint
    assert masked[:, :, left].mean() < 0.8 * much[:, :, left].mean()
    assert masked[:, :, left].mean() < 0.8 * masked[:, :, right].mean()


@pytest.mark.parametrize("kind", KINDS)
def test_a_sweep_over_cfg_shares_its_first_step_exactly(fresh, backend, with_inputs, kind) -> None:
    render(backend, with_inputs(kind, cfg=4))
    assert (render(backend, with_inputs(kind, cfg=9)).frames == fresh(with_inputs(kind, cfg=9))).all()
