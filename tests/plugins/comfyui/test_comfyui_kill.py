"""Killing animorch, the server, and Ctrl-C: the same command then finishes, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Studio
from tests.doubles.comfyui import Double

ROOT = Path(__file__).parents[3]
POINTS = 10


def words(url: str) -> list[str]:
    return [
        "-m",
        "backend=comfyui",
        f"backend.url={url}",
        "backend.models.sd15=v1-5-pruned-emaonly.safetensors",
        "backend.poll=0.1",
        "backend.backoff=0.05",
        "backend.patience=0.3",
        "motion=v15_v2",
        f"seed=range(0,{POINTS})",
        *("width=64", "height=64", "frames=2", "steps=2"),
        *("metrics=[]", "grid=false", "tracking.enabled=false"),
    ]


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@contextmanager
def process(folder: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A double in a process of its own, and its URL."""
    asked = ["--port", str(port), "--speed", "0.1", "--folder", str(folder)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.doubles.comfyui", *asked], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        try:
            yield running, running.stdout.readline().strip()
        finally:
            running.kill()


@pytest.fixture(autouse=True)
def _own_cache(cache: Path) -> None:
    """The processes have this test's ledger, too."""


def test_after_kill_9_the_same_command_takes_its_jobs_over(studio: Studio) -> None:
    with Double(speed=0.1) as double:
        killed = studio.spawn(*words(double.url))
        until(lambda: sum(double.renders.values()) >= 3)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert double.queue_now, "it was not killed in the middle"
        killed.communicate()
        double.speed = 0.0
        assert studio(*words(double.url)).code == 0
        assert len(double.renders) == POINTS
        assert max(double.renders.values()) <= 2
        assert sum(double.renders.values()) <= POINTS + 3, "jobs that it had sent were taken over"
        assert double.queue_now == []


def test_after_the_server_was_killed_the_same_command_finishes(studio: Studio) -> None:
    folder = studio.folder / "server"
    made = folder / "output/animorch"
    with process(folder) as (server, url):
        rendering = studio.spawn(*words(url))
        until(lambda: made.is_dir() and len(list(made.iterdir())) >= 3)
        server.kill()
        server.wait()
        out, err = rendering.communicate(timeout=60)
    assert rendering.returncode == 3, err
    assert f"nothing answers at {url}" in out + err
    with process(folder, int(url.rpartition(":")[2])) as (_, again):
        assert again == url
        assert studio(*words(url)).code == 0
    jobs = [len(list(job.iterdir())) for job in made.iterdir()]
    assert len(jobs) == POINTS
    assert max(jobs) <= 2 * 2, "two frames a clip, rendered at most once more"


def test_ctrl_c_leaves_nothing_in_the_queue(studio: Studio) -> None:
    with Double(speed=0.2) as double:
        rendering = studio.spawn(*words(double.url))
        until(lambda: len(double.queue_now) > 1)
        os.kill(rendering.pid, signal.SIGINT)
        _, err = rendering.communicate(timeout=60)
        assert rendering.returncode == 130, err
        until(lambda: double.queue_now == [], seconds=2)
        assert len(double.renders) < POINTS
