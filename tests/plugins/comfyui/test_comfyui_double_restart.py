"""The ComfyUI double can be restarted, killed and furnished."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from tests.doubles.comfyui import Double
from tests.doubles.comfyui.visitor import Visitor, example, small


@pytest.fixture
def visitor(double: Double) -> Iterator[Visitor]:
    with Visitor(double.url) as each:
        yield each


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


def answered(visitor: Visitor) -> dict | None:
    try:
        return visitor.http.get("/queue").json()
    except httpx.TransportError:
        return None


def test_a_restart_loses_queue_and_history_and_keeps_files(double: Double, visitor: Visitor) -> None:
    before = visitor.run(small())
    double.mood = "restart@2=0.05, slow@2=0.01"
    lost = visitor.queued(small(sampler__seed=2, sampler__steps=40))
    waiting = visitor.queued(small(sampler__seed=3))
    until(lambda: answered(visitor) is None)
    until(lambda: answered(visitor) is not None)
    told = answered(visitor)
    assert told == {"queue_running": [], "queue_pending": []}
    assert visitor.http.get("/history").json() == {}
    assert visitor.http.get(f"/history/{lost}").json() == visitor.http.get(f"/history/{waiting}").json() == {}
    assert visitor.view(before["outputs"]["frames"]["images"][0]).status_code == 200
    assert visitor.run(small(sampler__seed=2))["status"]["completed"]
    assert [job.state for job in double.jobs] == ["success", "lost", "lost", "success"]


def test_a_restart_by_hand_closes_sockets(double: Double, visitor: Visitor) -> None:
    socket = visitor.socket()
    socket.recv(5)
    double.restart()
    with pytest.raises(ConnectionClosed):
        socket.recv(5)
    assert visitor.run(small())["status"]["completed"]


def test_models_and_nodes_of_a_server_are_a_choice() -> None:
    lean = Double(models={"checkpoints": ["mine.ckpt"]}, without=["BatchPromptSchedule", "VHS_VideoCombine"])
    with lean, Visitor(lean.url) as visitor:
        info = visitor.http.get("/object_info").json()
        assert info["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"][0] == ["mine.ckpt"]
        assert visitor.submit(example()).json()["error"]["type"] == "invalid_prompt"


def test_a_process_of_its_own_prints_its_url_and_can_be_killed() -> None:
    words = [sys.executable, "-m", "tests.doubles.comfyui", "--port", "0", "--mood", "slow=0.01"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with Visitor(url) as visitor:
            frames = visitor.frames(visitor.run(small()))
            process.kill()
            process.wait()
            with pytest.raises(httpx.TransportError):
                visitor.http.get("/queue")
    with Double() as double, Visitor(double.url) as visitor:
        assert np.array_equal(visitor.frames(visitor.run(small())), frames)
