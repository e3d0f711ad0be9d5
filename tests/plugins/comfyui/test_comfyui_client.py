"""The client of one server: what it sends, how it follows a job, how it lets go of it, and what it says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from comfyui_serving import hurried, quiet, renders, right, tiny
from PIL import Image
from pydantic import ValidationError

from animorch import BackendError, UsageError
from tests.doubles.comfyui import Double


class Stop(Exception):
    """What a progress raises in these tests."""


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def stopping(when: Callable[[], bool]) -> Callable[[int, int], None]:
    def progress(step: int, total: int) -> None:
        if when():
            raise Stop

    return progress


@contextmanager
def page(text: bytes) -> Iterator[str]:
    """A web server that is no ComfyUI."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *words: object) -> None:
            """In tests nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("mood", ["fast", "jobs_api", "old_ids"])
def test_what_progress_raises_takes_the_running_job_off_the_server(double: Double, mood: str) -> None:
    double.mood, double.speed = mood, 0.05
    backend = hurried(double)
    with pytest.raises(Stop):
        backend.render(tiny(steps=50), stopping(lambda: bool(double.queue_now)))
    until(lambda: double.queue_now == [])
    assert renders([double]) == 0
    assert [job.state for job in double.jobs] == ["interrupted"]
    double.speed = 0.0
    assert right(backend.render(tiny(steps=50), quiet), double, tiny()), "and it can be rendered again"
    backend.close()


@pytest.mark.parametrize("mood", ["fast", "jobs_api"])
def test_what_progress_raises_takes_a_waiting_job_out_and_leaves_others_jobs_alone(
    double: Double, mood: str
) -> None:
    backend = hurried(double)
    backend.render(tiny(), quiet)
    double.mood, double.speed = mood, 0.3
    theirs = {"prompt": {**double.jobs[0].graph}, "prompt_id": "5f0c4c0e-0000-4000-8000-000000000000"}
    theirs["prompt"]["sampler"]["inputs"]["seed"] = 99
    httpx.post(f"{double.url}/prompt", json=theirs)
    with pytest.raises(Stop):
        backend.render(tiny(seed=1), stopping(lambda: len(double.queue_now) == 2))
    until(lambda: double.queue_now == [theirs["prompt_id"]])
    backend.close()
    until(lambda: double.queue_now == [])
    assert double.jobs[1].state == "success"
    assert double.jobs[2].state == "deleted"


def test_a_job_that_stands_still_is_cancelled_and_told(double: Double) -> None:
    double.speed = 3.0
    backend = hurried(double, timeout=0.3)
    with pytest.raises(BackendError, match=r"no sign of life for 0\.3 s .*cancelled there.*backend\.timeout"):
        backend.render(tiny(), quiet)
    backend.close()
    assert double.jobs[0].interrupted


def test_a_job_that_waits_for_others_is_not_given_up(double: Double) -> None:
    backend = hurried(double, timeout=0.4)
    backend.render(tiny(), quiet)
    double.speed = 0.35
    theirs = {**double.jobs[0].graph}
    theirs["sampler"]["inputs"]["seed"] = 99
    httpx.post(f"{double.url}/prompt", json={"prompt": theirs})
    double_speed = threading.Timer(0.3, lambda: setattr(double, "speed", 0.0))
    double_speed.start()
    clip = backend.render(tiny(seed=1), quiet)
    double_speed.join()
    backend.close()
    assert right(clip, double, tiny(seed=1))


def test_progress_counts_the_samplers_steps_and_never_falls(double: Double) -> None:
    seen: list[tuple[int, int]] = []
    double.speed = 0.02
    backend = hurried(double)
    backend.render(tiny(steps=4, freeinit={"iterations": 2}), lambda *step: seen.append(step))
    backend.close()
    assert {total for _, total in seen} == {8}
    assert [step for step, _ in seen] == sorted(step for step, _ in seen)
    assert len({step for step, _ in seen}) > 4, "steps are told while they are made"
    assert seen[-1] == (8, 8)


def test_a_picture_is_uploaded_once(double: Double, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (200, 40, 10)).save(tmp_path / "photo.png")
    backend = hurried(double)
    for seed in range(3):
        backend.render(tiny(seed=seed, init={"path": str(tmp_path / "photo.png"), "strength": 0.5}), quiet)
    backend.close()
    assert [asked.path for asked in double.requests].count("/upload/image") == 1


def test_a_picture_that_somebody_removed_is_uploaded_again(double: Double, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (200, 40, 10)).save(tmp_path / "photo.png")
    spec = tiny(init={"path": str(tmp_path / "photo.png"), "strength": 0.5})
    backend = hurried(double)
    backend.render(spec, quiet)
    for picture in (double.folder / "input").rglob("*.png"):
        picture.unlink()
    backend.render(spec, quiet)
    backend.close()
    assert [asked.path for asked in double.requests].count("/upload/image") == 2


def test_every_job_has_its_own_id_and_folder_and_says_what_it_renders(double: Double) -> None:
    backend = hurried(double)
    for _ in range(2):
        backend.render(tiny(), quiet)
    backend.close()
    prefixes = [job.graph["frames"]["inputs"]["filename_prefix"] for job in double.jobs]
    assert prefixes == [f"animorch/{job.prompt_id}/frame" for job in double.jobs]
    assert len({job.prompt_id for job in double.jobs}) == 2
    facts = double.jobs[0].extra["extra_pnginfo"]
    assert facts["animorch"]["spec"]["prompt"] == tiny().prompt
    assert len(facts["workflow"]["nodes"]) == len(double.jobs[0].graph), "the editor opens its frames"
    assert len({job.client_id for job in double.jobs}) == 1


def test_close_ends_every_thread_and_connection(double: Double) -> None:
    def ours() -> set[threading.Thread]:
        return {each for each in threading.enumerate() if not each.name.startswith("asyncio")}

    before = ours()
    backend = hurried(double)
    backend.render(tiny(), quiet)
    assert ours() > before
    backend.close()
    until(lambda: ours() == before)


def test_what_is_no_comfyui_is_told_with_what_it_said(cache: Path) -> None:
    with page(b"<!doctype html><title>A router</title>") as url:
        backend = hurried(url)
        (problems,) = backend.preflight([tiny()])
        backend.close()
    assert len(problems) == 1
    assert "no ComfyUI" in problems[0]
    assert "A router" in problems[0]
    assert "backend.url" in problems[0]


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [("no colon here: ok\nsecret words", "without a colon"), ('{"X-Key": ', "begins as JSON")],
)
def test_headers_that_cannot_be_read_are_refused_without_their_values(
    double: Double, monkeypatch: pytest.MonkeyPatch, lines: str, wrong: str
) -> None:
    monkeypatch.setenv("ANIMORCH_COMFYUI_HEADERS", lines)
    with pytest.raises(UsageError, match=wrong) as caught:
        hurried(double).render(tiny(), quiet)
    assert "secret" not in str(caught.value)


def test_headers_from_the_environment_are_sent(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANIMORCH_COMFYUI_HEADERS", "X-Key: opensesame")
    double.mood = "header=X-Key: opensesame"
    backend = hurried(double)
    assert backend.preflight([tiny()]) == [[]]
    backend.render(tiny(), quiet)
    backend.close()


def test_an_address_with_a_password_is_refused_without_telling_it() -> None:
    with pytest.raises(ValidationError) as caught:
        hurried("http://me:opensesame@127.0.0.1:8188")
    assert all("opensesame" not in error["msg"] for error in caught.value.errors())
    assert "ANIMORCH_COMFYUI_TOKEN" in str(caught.value)


def test_who_renders_is_no_part_of_what_is_rendered(cache: Path) -> None:
    one, other = hurried("http://a:1", look_ahead=0), hurried("http://b:2", "http://c:3", timeout=5)
    assert one.identity() == other.identity()
    assert "gen" not in one.identity()
    assert hurried("http://a:1", noise="auto1111").identity() != one.identity()
    assert (one.lanes(), other.lanes()) == (1, 6)
