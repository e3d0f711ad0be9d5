"""Fixtures: tiny weights of the diffusers backend's tests, a tiny model of one's own, no way to the hub."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "diffusers")]  # for `told` and `tiny`


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """checkpoint/ and motion_a/ of tiny.py, and motion_a.ckpt in the authors' layout."""
    import torch

    torch.set_num_threads(1)
    from animorch_diffusers.quiet import quiet

    with quiet():
        from tiny import original, write_checkpoint, write_motion

        folder = tmp_path_factory.mktemp("tiny")
        write_checkpoint(folder / "checkpoint")
        write_motion(folder / "motion_a", 11, mid_block=True, table=32)
        from diffusers import MotionAdapter

        tensors = original(MotionAdapter.from_pretrained(folder / "motion_a").state_dict())
        torch.save({"state_dict": tensors}, folder / "motion_a.ckpt")
    return folder


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs `vae` and `image` of a tiny model of one's own, to go on from."""
    from options import run
    from told import Told

    folder = tmp_path_factory.mktemp("small")
    for mode in ("base_vae", "base_image"):
        run(mode, small=folder).train(folder / mode, mode, Told())
    return folder
