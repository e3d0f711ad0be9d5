"""The ComfyUI double's queue and history are those of the real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.comfyui import Double
from tests.doubles.comfyui.visitor import Visitor, small


@pytest.fixture
def visitor(double: Double) -> Iterator[Visitor]:
    with Visitor(double.url) as each:
        yield each


def test_queue_numbers_decide_and_deleted_jobs_leave_no_trace(double: Double, visitor: Visitor) -> None:
    double.mood = "slow@1=0.05"
    running = visitor.queued(small(sampler__steps=1000))
    waiting = [visitor.queued(small(sampler__seed=seed)) for seed in (1, 2)]
    front = visitor.queued(small(sampler__seed=3), front=True)
    assert double.queue_now == [running, front, *waiting]
    assert visitor.http.get("/prompt").json() == {"exec_info": {"queue_remaining": 4}}
    told = visitor.http.get("/queue").json()
    number, prompt_id, graph, extra, outputs = told["queue_running"][0]
    assert (number, prompt_id, extra["client_id"], outputs) == (0, running, "visitor", ["frames"])
    assert graph["sampler"]["inputs"]["steps"] == 1000
    visitor.http.post("/queue", json={"delete": [waiting[0], running]})
    visitor.http.post("/interrupt", json={"prompt_id": waiting[1]})
    assert double.queue_now == [running, front, waiting[1]]
    assert visitor.http.get(f"/history/{running}").json() == {}
    assert visitor.http.post("/interrupt", json={"prompt_id": running}).text == ""
    entry = visitor.ended(running)
    assert (entry["status"]["status_str"], entry["outputs"]) == ("error", {})
    assert entry["status"]["messages"][-1][0] == "execution_interrupted"
    assert visitor.ended(waiting[1])["status"]["completed"]
    assert visitor.http.get(f"/history/{waiting[0]}").json() == {}
    assert [job.state for job in double.jobs] == ["interrupted", "deleted", "success", "success"]


def test_a_bare_interrupt_stops_whatever_runs(double: Double, visitor: Visitor) -> None:
    double.mood = "slow=0.05"
    running = visitor.queued(small(sampler__steps=1000))
    visitor.http.post("/interrupt")
    assert visitor.ended(running)["status"]["messages"][-1][0] == "execution_interrupted"


def test_a_used_prompt_id_tells_the_old_result_until_the_new_ends(double: Double, visitor: Visitor) -> None:
    first = visitor.run(small(), prompt_id="again")
    double.mood = "slow=0.05"
    assert visitor.queued(small(sampler__steps=1000), prompt_id="again") == "again"
    assert visitor.ended("again")["outputs"] == first["outputs"]
    visitor.http.post("/interrupt", json={"prompt_id": "again"})
    while visitor.http.get("/prompt").json()["exec_info"]["queue_remaining"]:
        pass
    assert visitor.ended("again")["outputs"] != first["outputs"]


def test_history_can_be_paged_and_cleared(visitor: Visitor) -> None:
    ids = [visitor.queued(small(sampler__seed=seed)) for seed in range(3)]
    visitor.ended(ids[-1])
    assert list(visitor.http.get("/history", params={"max_items": 2}).json()) == ids[1:]
    assert list(visitor.http.get("/history", params={"max_items": 1, "offset": 1}).json()) == ids[1:2]
    visitor.http.post("/history", json={"delete": ids[:1]})
    assert list(visitor.http.get("/history").json()) == ids[1:]
    visitor.http.post("/history", json={"clear": True})
    assert visitor.http.get("/history").json() == {}
