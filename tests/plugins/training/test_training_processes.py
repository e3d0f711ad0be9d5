"""Two processes with a batch of two learn what one learns with a batch of four."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from animorch_diffusers.training import checkpoint  # noqa: E402

WORDS = [
    *("mode=motion_lora", "steps=3", "log_every=1", "threads=1", "device=cpu", "rank=2"),
    *("data.source=animorch_shapes:clips", "checkpoint=local", "motion=local", "tracking.enabled=false"),
]
ONE = [sys.executable, "-m", "animorch"]
TWO = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "-m", "animorch"]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="torchrun needs libuv")]


def train(
    folder: Path, weights: Path, start: list[str], *words: str
) -> tuple[subprocess.CompletedProcess[str], Path]:
    own = [
        "+data.options={length: 6, size: 64, frames: 4}",
        f"checkpoint.path={weights / 'checkpoint'}",
        f"motion.path={weights / 'motion_a'}",
        f"name=of{len(start)}",
    ]
    done = subprocess.run(
        [*start, "train", *WORDS, *own, *words],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
    )
    return done, folder / f"runs/training/of{len(start)}"


def test_two_processes_are_one_with_twice_the_batch(weights: Path, tmp_path: Path) -> None:
    alone, one = train(tmp_path, weights, ONE, "batch=4")
    assert alone.returncode == 0, alone.stderr
    spread, two = train(tmp_path, weights, TWO, "batch=2")
    assert spread.returncode == 0, spread.stderr
    assert spread.stdout.count("3 steps") == 1, "the second process is silent"
    assert losses(two) == pytest.approx(losses(one), rel=1e-4)
    states = [checkpoint.load(folder) for folder in (one, two)]
    assert states[0] is not None
    assert states[1] is not None
    for name, value in states[0]["values"].items():
        assert torch.allclose(value, states[1]["values"][name], atol=1e-4), name

    again, _ = train(tmp_path, weights, TWO, "batch=2", "steps=4")
    assert again.returncode == 0, again.stderr
    assert list(losses(two)) == [1, 2, 3, 4]
    assert "processes trained so far" not in again.stderr


def losses(folder: Path) -> dict[int, float]:
    lines = map(json.loads, (folder / "losses.jsonl").read_text().splitlines())
    return {line["step"]: line["loss"] for line in lines}


def test_a_mistake_is_said_once_by_several_processes(weights: Path, tmp_path: Path) -> None:
    done, folder = train(tmp_path, weights, TWO, "optimiser.name=adamw8bit")
    assert done.returncode != 0
    assert done.stderr.count("animorch: optimiser.name=adamw8bit needs CUDA") == 1
    assert not folder.exists()
