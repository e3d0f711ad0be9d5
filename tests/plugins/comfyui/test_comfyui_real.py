"""The backend against a real ComfyUI; skipped unless ANIMORCH_COMFYUI_URL names one that nobody else uses.

ANIMORCH_COMFYUI_CHECKPOINT and ANIMORCH_COMFYUI_MOTION are the server's files for an SD 1.5 checkpoint and a
motion module (v2 or v3). On a CPU it takes a quarter of an hour:
ANIMORCH_COMFYUI_URL=http://127.0.0.1:8188 pytest -n 0 tests/plugins/comfyui/test_comfyui_real.py
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from animorch_comfyui.backend import ComfyUIBackend
from PIL import Image

from animorch import BackendError, RenderSpec
from animorch.testing import BackendContract, small_spec
from tests.conftest import Studio

URL = os.environ.get("ANIMORCH_COMFYUI_URL", "")
MODELS = {
    "sd15": os.environ.get("ANIMORCH_COMFYUI_CHECKPOINT", "v1-5-pruned-emaonly.safetensors"),
    "v15_v2": os.environ.get("ANIMORCH_COMFYUI_MOTION", "mm_sd_v15_v2.ckpt"),
}
# seeds from here on: no earlier run has left their clips in the server's cache
FRESH = time.time_ns() % 2**32
SMALL = {"sampler": "euler", "steps": 2, "width": 64, "height": 64, "frames": 3, "seed": FRESH}
WORDS = (
    "backend=comfyui",
    f"backend.url={URL}",
    *(f"backend.models.{name}='{file}'" for name, file in MODELS.items()),
    "motion=v15_v2",
    "checkpoint=sd15",
    "window.length=null",
    "tracking.enabled=false",
    *(f"{key}={value}" for key, value in SMALL.items()),
)

pytestmark = [
    pytest.mark.skipif(not URL, reason="needs a ComfyUI server of its own: set ANIMORCH_COMFYUI_URL"),
    pytest.mark.timeout(3600),
    pytest.mark.usefixtures("own_ledger"),
]


def spec(**changes: Any) -> RenderSpec:
    return small_spec(**{**SMALL, **changes})


def quiet(step: int, total: int) -> None:
    """A progress that nobody looks at."""


def queue() -> list[str]:
    """The ids of all jobs that run or wait."""
    said = httpx.get(f"{URL}/queue").json()
    return [job[1] for job in said["queue_running"] + said["queue_pending"]]


def history() -> list[str]:
    return list(httpx.get(f"{URL}/history").json())


def until(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait until something holds, which may take as long as a node of the server takes."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.2)


@pytest.fixture
def own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def backend() -> Iterator[ComfyUIBackend]:
    made = ComfyUIBackend(url=URL, models=MODELS)
    yield made
    made.close()


class TestRealComfyUI(BackendContract):
    """Weights that the server lacks are refused, so what it has decides how much of the walk is rendered."""

    plugin = ComfyUIBackend
    options = {"url": URL or "http://127.0.0.1:8188", "models": MODELS}  # noqa: RUF012

    @pytest.fixture(autouse=True)
    def _pictures(self, tmp_path: Path) -> Iterator[None]:
        self.photo, self.mask = str(tmp_path / "photo.png"), str(tmp_path / "mask.png")
        half = np.zeros((64, 64), np.uint8)
        half[:, 32:] = 255
        Image.fromarray(half).save(self.mask)
        Image.effect_noise((64, 64), 80).save(self.photo)
        yield
        self.make().close()

    def spec(self, **changes: Any) -> RenderSpec:
        return spec(**changes)

    def changes(self) -> dict[str, Any]:
        return super().changes() | {
            "sampler": "lcm",  # ddim is euler to ComfyUI, and of two steps so is dpmpp_2m
            "steps": 3,
            "window": {"length": 2, "overlap": 1},
            "width": 72,
            "height": 72,
            "frames": 4,
            "prompt_travel": {0: "a red kite", 2: "a paper boat"},
            "negative_travel": {0: "text", 2: "frame"},
            "init": {"path": self.photo, "strength": 0.5},
            "mask": {"path": self.mask},
            "regions": [{"prompt": "a paper boat", "mask": self.mask}],
        }


def test_the_doctor_finds_nothing_bad_and_renders_a_frame(studio: Studio) -> None:
    said = studio("doctor", "--json", *WORDS)
    findings = json.loads(said.out)
    assert said.code == 0, [finding for finding in findings if finding["good"] is False]
    assert {"websocket", "version", "device", "probe"} <= {finding["subject"] for finding in findings}


def test_a_sweep_over_cfg_makes_three_clips_a_grid_and_records(studio: Studio) -> None:
    said = studio("-m", *WORDS, "cfg=2,5,9")
    assert said.code == 0, said.err
    (sweep,) = studio.sweeps()
    assert (sweep / "grid.mp4").stat().st_size > 0
    records = studio.records()
    assert len(records) == 3
    for record in records:
        assert record["environment"]["comfyui"]
        assert record["environment"]["device"]
    # what does not depend on cfg came from the server's cache
    assert sorted(int(record["environment"]["comfyui_cached_nodes"]) for record in records)[1] >= 5


def test_the_graph_in_the_records_can_be_sent_again_by_hand(backend: ComfyUIBackend) -> None:
    backend.render(spec(), quiet)
    graph = json.loads(backend.attachments()["comfyui_graph.json"])
    answer = httpx.post(f"{URL}/prompt", json={"prompt": graph, "client_id": "by-hand"})
    assert answer.status_code == 200, answer.text
    assert not answer.json()["node_errors"]
    until(lambda: not queue())


def test_prompts_travel_over_more_frames_than_the_window(backend: ComfyUIBackend) -> None:
    long = spec(frames=8, window={"length": 4, "overlap": 2})
    still = backend.render(long, quiet).frames
    moved = backend.render(
        spec(frames=8, window={"length": 4, "overlap": 2}, prompt_travel={0: long.prompt, 6: "a storm"}),
        quiet,
    ).frames
    assert moved.shape == (8, 64, 64, 3)
    assert all((one != other).any() for one, other in itertools.pairwise(moved))
    away = np.abs(moved.astype(int) - still).mean(axis=(1, 2, 3))
    assert away[7] > 0
    assert away[7] > away[0]


def test_an_interrupt_leaves_an_empty_queue(backend: ComfyUIBackend) -> None:
    def stop_at_a_step(step: int, total: int) -> None:
        if step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backend.render(spec(steps=8, seed=FRESH + 11), stop_at_a_step)
    until(lambda: not queue())


def test_an_interrupt_takes_waiting_jobs_out_of_the_queue_and_no_other(backend: ComfyUIBackend) -> None:
    def stop_when_both_are_there(step: int, total: int) -> None:
        if len(queue()) > 1:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(backend.render, spec(steps=4, seed=FRESH + 12), quiet)
        until(lambda: len(queue()) == 1)
        with pytest.raises(KeyboardInterrupt):
            backend.render(spec(seed=FRESH + 13), stop_when_both_are_there)
        assert len(queue()) <= 1
        assert first.result().frames.shape[0] == 3


def test_a_job_that_somebody_deletes_from_the_queue_is_told(backend: ComfyUIBackend) -> None:
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(backend.render, spec(steps=6, seed=FRESH + 14), quiet)
        until(lambda: len(queue()) == 1)
        second = pool.submit(backend.render, spec(seed=FRESH + 15), quiet)
        until(lambda: len(queue()) == 2)
        running = httpx.get(f"{URL}/queue").json()["queue_running"][0][1]
        (waiting,) = [job for job in queue() if job != running]
        httpx.post(f"{URL}/queue", json={"delete": [waiting]})
        with pytest.raises(BackendError, match="cancelled"):
            second.result()
        assert first.result().frames.shape[0] == 3


def test_clips_that_are_sent_together_are_not_mixed_up(backend: ComfyUIBackend) -> None:
    specs = [spec(seed=seed) for seed in range(FRESH + 21, FRESH + 24)]
    with ThreadPoolExecutor(backend.lanes()) as pool:
        together = list(pool.map(lambda each: backend.render(each, quiet).frames, specs))
    alone = [backend.render(each, quiet).frames for each in specs]
    assert all((one == other).all() for one, other in zip(together, alone, strict=True))


def test_after_a_kill_the_same_command_takes_the_job_over(studio: Studio) -> None:
    words = (*WORDS, f"seed={FRESH + 31}", "steps=6")
    before = set(history())
    process = studio.spawn(*words)
    until(lambda: bool(queue()) or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    again = studio.spawn(*words)
    assert again.wait(600) == 0, again.communicate()
    again.communicate()
    assert len(set(history()) - before) == 1
