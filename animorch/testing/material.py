"""Material: specs and clips to test with, and what two clips have in common."""

from __future__ import annotations

from typing import Any

from animorch.clip import Clip
from animorch.spec.render import RenderSpec


def small_spec(**changes: Any) -> RenderSpec:
    """A valid spec that is quick to render: 6 frames of 64 x 48, 4 steps; no file is needed."""
    spec: dict[str, Any] = {
        "checkpoint": {"name": "sd15", "base": "sd15"},
        "motion": {"name": "v15_v2", "base": "sd15", "family": "v2", "table": 32},
        "prompt": "a red kite over the sea",
        "steps": 4,
        "width": 64,
        "height": 48,
        "frames": 6,
    }
    return RenderSpec.model_validate(spec | changes)


def moving_clip(frames: int = 8, width: int = 48, height: int = 32) -> Clip:
    """A textured picture that drifts by a pixel a frame."""
    import numpy as np

    wide = np.random.default_rng(7).integers(0, 256, (height, width + frames, 3), np.uint8)
    return Clip(np.stack([wide[:, at : at + width] for at in range(frames)]))


def same(one: Clip, other: Clip) -> bool:
    return one.frames.shape == other.frames.shape and bool((one.frames == other.frames).all())
