"""Sharing: a sweep computes what its clips have in common once, and no bit of them changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rendering import render

from tests.conftest import Studio


@pytest.fixture
def evaluations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of each UNet call: 2 with guidance."""
    from diffusers import UNetMotionModel

    rows: list[int] = []
    forward = UNetMotionModel.forward

    def told(unet: Any, sample: Any, *args: Any, **named: Any) -> Any:
        rows.append(len(sample))
        return forward(unet, sample, *args, **named)

    monkeypatch.setattr(UNetMotionModel, "forward", told)
    return rows


def made(**options: Any) -> Any:
    from animorch_diffusers import DiffusersBackend

    return DiffusersBackend(device="cpu", threads=1, **options)


@pytest.mark.parametrize(
    "fields", [{}, {"frames": 6, "window": {"length": 4, "overlap": 1}}, {"sampler": "euler_a"}], ids=str
)
def test_a_cfg_sweep_is_the_same_with_and_without_sharing_and_cheaper(
    fields: dict[str, Any], spec: Any, evaluations: list[int]
) -> None:
    specs = [spec(cfg=cfg, **fields) for cfg in (4, 7, 10)]
    apart = made(sharing=False)
    without = [render(apart, each).frames for each in specs]
    assert sum(evaluations) == sum(each.unet_calls for each in specs)
    assert apart.shared(specs) == 0
    evaluations.clear()
    together = made()
    with_ = [render(together, each).frames for each in specs]
    assert all(np.array_equal(one, other) for one, other in zip(without, with_, strict=True))
    planned = sum(each.unet_calls for each in specs)
    assert sum(evaluations) == planned - together.shared(specs)
    assert together.shared(specs) == 2 * (planned // 3) // specs[0].steps
    facts = together.environment()
    assert facts["unet_calls_shared"] == str(specs[0].unet_calls // specs[0].steps)
    assert facts["prompts_shared"] == "2"


@pytest.mark.parametrize(
    "other",
    [{"seed": 8}, {"steps": 3}, {"sampler": "euler"}, {"prompt": "a dog"}, {"frames": 3}, {"cfg": 1},
     {"group_norm": "clip"}, {"motion_scale": 1.2}],
    ids=str,
)  # fmt: skip
def test_only_cfg_is_shared_over(other: dict[str, Any], spec: Any) -> None:
    backend = made()
    assert backend.shared([spec(), spec(cfg=3, **other) if "cfg" not in other else spec(**other)]) == 0
    assert backend.shared([spec(), spec(cfg=3)]) == 2


def test_an_interrupted_first_step_leaves_nothing_to_share(spec: Any) -> None:
    backend = made()

    def stop(step: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backend.render(spec(), stop)
    render(backend, spec(cfg=3))
    assert backend.environment()["unet_calls_shared"] == "0"


def test_the_plan_says_what_is_shared_and_puts_cfg_innermost(studio: Studio) -> None:
    words = ["backend=diffusers", "frames=4", "steps=5", "-m", "cfg=3,5,7", "seed=1,2"]
    said = studio("plan", *words)
    assert said.code == 0, said.err
    assert "8 of 60 UNet calls shared" in said.out
    assert "60 UNet calls," in studio("plan", *words, "backend.sharing=false").out
