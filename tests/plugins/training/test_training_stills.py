from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from animorch_diffusers.training.base import BaseStage  # noqa: E402
from animorch_diffusers.training.batch import Batch  # noqa: E402
from options import run  # noqa: E402


def stage(small: Path, folder: Path, stills: int) -> BaseStage:
    torch.manual_seed(0)
    return BaseStage(run("base_motion", small=small, stills=stills), folder / "run")


def test_stills_share_every_weight_with_the_moving_unet(small: Path, tmp_path: Path) -> None:
    made = stage(small, tmp_path, stills=4)
    moving = dict(made.unet.named_parameters())
    for name, value in made.stills[0].unet.named_parameters():
        assert value is moving[name]


def test_what_learns_is_listed_once(small: Path, tmp_path: Path) -> None:
    with_stills, without = (stage(small, tmp_path, stills).learning() for stills in (4, 0))
    assert with_stills.keys() == without.keys()


def test_stills_teach_the_unet_and_leave_the_motion_module_to_the_clips(small: Path, tmp_path: Path) -> None:
    made, plain, batch = stage(small, tmp_path, 4), stage(small, tmp_path, 0), Batch(0, 3, 3)
    for one in (made, plain):
        one.learning()
        one(batch).backward()
    gradients = zip(made.unet.named_parameters(), plain.unet.parameters(), strict=True)
    for (name, ours), other in gradients:
        if ours.grad is None:
            continue
        assert torch.allclose(ours.grad, other.grad, atol=1e-7) == (".motion_modules." in name), name
