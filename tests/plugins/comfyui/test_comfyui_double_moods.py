"""The ComfyUI double misbehaves as real servers, proxies and other users do."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from PIL import Image

from tests.doubles.comfyui import Double
from tests.doubles.comfyui.moods import NAMES, Moods
from tests.doubles.comfyui.visitor import Visitor, changed, example, small


@pytest.fixture
def visitor(double: Double) -> Iterator[Visitor]:
    with Visitor(double.url) as each:
        yield each


def test_moods_hold_for_all_jobs_or_one_and_have_values() -> None:
    moods = Moods("slow=0.5, oom@2, restart@3=0.25")
    assert moods.number("slow", 0.2, 7) == 0.5
    assert [moods.on("oom", job) for job in (1, 2, 3)] == [False, True, False]
    assert moods.number("restart", 0.2, 3) == 0.25
    assert str(moods) == "slow=0.5, oom@2, restart@3=0.25"
    moods.add("dead")
    moods.drop("slow")
    assert moods.on("dead")
    assert not moods.on("slow", 1)
    with pytest.raises(ValueError, match="no such mood: 'grumpy'"):
        moods.set("grumpy")
    with pytest.raises(ValueError, match="no such mood"):
        moods.set("slow=0.5@2")
    assert "silent_socket" in NAMES


def test_a_slow_job_tells_its_steps(double: Double, visitor: Visitor) -> None:
    double.mood = "slow=0.02"
    start = time.monotonic()
    visitor.run(small(sampler__steps=5))
    assert time.monotonic() - start > 0.1


def test_a_silent_socket_connects_and_says_nothing_while_jobs_end(double: Double, visitor: Visitor) -> None:
    double.mood = "silent_socket"
    socket = visitor.socket()
    assert visitor.run(small())["status"]["completed"]
    with pytest.raises(TimeoutError):
        socket.recv(0.01)
    double.mood = "silent_socket=2"
    socket = visitor.socket("another")
    visitor.run(small(sampler__seed=2), client_id="another")
    assert [json.loads(socket.recv(5))["type"] for _ in range(2)] == ["status"] * 2
    with pytest.raises(TimeoutError):
        socket.recv(0.01)


def test_a_job_runs_without_an_output_that_was_called_invalid(double: Double, visitor: Visitor) -> None:
    double.mood = "node_errors_200@1"
    answer = visitor.submit(example())
    assert (answer.status_code, list(answer.json()["node_errors"])) == (200, ["video"])
    assert list(visitor.ended(answer.json()["prompt_id"])["outputs"]) == ["frames"]
    assert visitor.submit(example()).json()["node_errors"] == {}


def test_a_stale_cache_gives_old_files_under_a_new_prefix(double: Double, visitor: Visitor) -> None:
    first = visitor.run(small(), extra_data={"extra_pnginfo": {"animorch": "one"}})
    double.mood = "stale_cache"
    second = visitor.run(small(frames__filename_prefix="two/f"))
    assert second["outputs"] == first["outputs"]
    third = visitor.run(small(frames__filename_prefix="three/f", sampler__seed=3))
    assert third["outputs"] != first["outputs"]


def test_history_is_empty_for_a_moment_after_success(double: Double, visitor: Visitor) -> None:
    double.mood = "empty_history=0.3"
    socket = visitor.socket()
    prompt_id = visitor.queued(small())
    visitor.until(socket, "execution_success")
    assert visitor.http.get(f"/history/{prompt_id}").json() == {}
    visitor.until_done(socket, prompt_id)
    assert visitor.http.get(f"/history/{prompt_id}").json() != {}


def test_files_can_be_empty_cut_missing_too_few_or_too_wide(double: Double, visitor: Visitor) -> None:
    double.mood = "zero_video, truncated_png@1, missing_file@2, wrong_frame_count@3, wrong_size@4"
    entries = [visitor.run(changed(example(), sampler__seed=seed)) for seed in range(5)]
    assert all(entry["status"]["status_str"] == "success" for entry in entries)
    assert visitor.view(entries[0]["outputs"]["video"]["gifs"][0]).content == b""
    images = [entry["outputs"]["frames"]["images"] for entry in entries]
    with pytest.raises((OSError, SyntaxError)):
        Image.open(io.BytesIO(visitor.view(images[0][4]).content)).load()
    assert [visitor.view(item).status_code for item in images[1]].count(404) == 1
    assert [len(each) for each in images] == [8, 8, 7, 8, 8]
    assert visitor.frames(entries[3])[0].shape == (64, 72, 3)
    assert visitor.frames(entries[4])[0].shape == (64, 64, 3)


def test_every_nth_request_can_fail(double: Double, visitor: Visitor) -> None:
    double.mood = "errors_500=3"
    assert [visitor.http.get("/queue").status_code for _ in range(6)] == [200, 200, 500] * 2
    double.mood = "cut_bodies=1"
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.http.get("/object_info")
    double.mood = "disconnects=1"
    for accepted in (0, 1):
        with pytest.raises(httpx.TransportError):
            visitor.submit(small(sampler__seed=accepted))
        assert len(double.jobs) == accepted


def test_a_job_can_fail_in_its_sampler(double: Double, visitor: Visitor) -> None:
    double.mood = "execution_error@1, oom@2"
    (_, wrong), (_, memory) = [visitor.run(small())["status"]["messages"][-1] for _ in range(2)]
    assert wrong.keys() >= {"exception_message", "exception_type", "traceback", "node_id", "executed"}
    assert wrong["current_inputs"]["seed"] == ["42"]
    assert (wrong["node_id"], wrong["node_type"]) == ("sampler", "KSampler")
    assert memory["exception_type"] == "torch.OutOfMemoryError"
    assert visitor.run(small())["status"]["completed"]
    assert [job.state for job in double.jobs] == ["error", "error", "success"]


def test_newer_servers_want_a_uuid_and_older_ones_ignore_the_id(double: Double, visitor: Visitor) -> None:
    mine = "0b8d1a1e-7f3c-5b69-9f5e-3f1f2a4b5c6d"
    assert visitor.queued(small(), prompt_id="any thing") == "any thing"
    double.mood = "uuid_rule"
    for wrong in ("any thing", mine.upper(), mine.replace("-", "")):
        answer = visitor.submit(small(), prompt_id=wrong)
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_prompt_id")
    assert visitor.queued(small(), prompt_id=mine) == mine
    double.mood = "old_ids"
    given = visitor.queued(small(), prompt_id=mine)
    assert str(UUID(given)) == given != mine


def test_the_jobs_api_is_there_on_newer_servers_only(double: Double, visitor: Visitor) -> None:
    assert visitor.http.get("/api/jobs").status_code == 404
    double.mood = "jobs_api, slow@2=0.05, oom@4"
    done = visitor.queued(small())
    visitor.ended(done)
    running, waiting, failed = (visitor.queued(small(sampler__steps=each)) for each in (1000, 1001, 1002))
    told = {each["id"]: each["status"] for each in visitor.http.get("/api/jobs").json()["jobs"]}
    assert [told[each] for each in (done, waiting)] == ["completed", "pending"]
    assert visitor.http.post(f"/api/jobs/{waiting}/cancel").json() == {"cancelled": True}
    assert visitor.http.post(f"/api/jobs/{waiting}/cancel").json() == {"cancelled": False}
    assert visitor.http.get(f"/api/jobs/{waiting}").status_code == 404
    stopped = visitor.http.post("/api/jobs/cancel", json={"job_ids": [running, done]})
    assert stopped.json() == {"cancelled": True}
    visitor.ended(failed)
    job = visitor.http.get(f"/api/jobs/{failed}").json()
    assert (job["status"], job["execution_error"]["node_id"]) == ("failed", "sampler")
    assert visitor.http.get(f"/api/jobs/{running}").json()["status"] == "cancelled"
    page = visitor.http.get("/api/jobs", params={"limit": 1, "sort_order": "asc"}).json()
    assert ([each["id"] for each in page["jobs"]], page["pagination"]["total"]) == ([done], 3)
    assert list(visitor.http.get(f"/api/jobs/{done}").json()["outputs"]) == ["frames"]
    assert visitor.http.get("/api/jobs", params={"status": "failed"}).json()["jobs"][0]["id"] == failed
    assert visitor.http.get("/api/jobs", params={"status": "odd"}).status_code == 400
    assert visitor.http.post("/api/jobs/cancel", json={"job_ids": [done]}).json() == {"cancelled": False}
    double.restart()
    assert visitor.http.get("/api/jobs").json()["jobs"] == []


def test_cached_outputs_can_be_lost_without_a_client_id(double: Double, visitor: Visitor) -> None:
    double.mood = "lost_outputs_without_client_id"
    assert visitor.run(small(), client_id=None)["outputs"]
    assert visitor.run(small(), client_id=None)["outputs"] == {}
    assert visitor.run(small())["outputs"]


def test_a_proxy_can_ask_for_a_token_or_a_header(double: Double, visitor: Visitor) -> None:
    double.mood = "auth=abc"
    assert visitor.http.get("/queue").status_code == 401
    assert visitor.http.get("/queue", headers={"Authorization": "Bearer abc"}).status_code == 200
    with pytest.raises(Exception, match="401"):
        visitor.socket()
    double.mood = "header=X-Pass: word"
    assert visitor.http.get("/queue").status_code == 401
    assert visitor.http.get("/queue", headers={"X-Pass": "word"}).status_code == 200
    assert double.requests[-1].headers["x-pass"] == "word"


def test_routes_can_be_there_under_api_only(double: Double, visitor: Visitor) -> None:
    double.mood = "prefix_only"
    assert visitor.http.get("/queue").status_code == 404
    assert visitor.http.get("/api/queue").status_code == 200


def test_others_can_interrupt_and_delete_a_job(double: Double, visitor: Visitor) -> None:
    double.mood = "interrupted_by_another@1, deleted_by_another@2"
    entry = visitor.run(small())
    assert entry["status"]["messages"][-1][0] == "execution_interrupted"
    gone = visitor.queued(small())
    assert visitor.http.get(f"/history/{gone}").json() == {}
    assert visitor.http.get("/queue").json() == {"queue_running": [], "queue_pending": []}
    assert [job.state for job in double.jobs] == ["interrupted", "deleted"]


def test_a_dead_server_accepts_and_never_answers(double: Double) -> None:
    double.mood = "dead"
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{double.url}/queue", timeout=0.05)
    double.mood = "fast"
    assert httpx.get(f"{double.url}/queue").status_code == 200
