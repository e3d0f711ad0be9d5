"""The protocol double: waiting, interrupts, lost connections, and its moods."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from a1111_person import TXT2IMG, Person, asked, same, somebody, until

from tests.doubles.a1111.mood import FAULTS, mood


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    """A healthy server; tests that use it leave it clean."""
    with somebody() as found:
        yield found


def test_an_interrupt_gives_a_finished_looking_clip() -> None:
    with somebody("slow=0.01") as person, ThreadPoolExecutor() as pool:
        assert person.post("interrupt", {}).status_code == 200, "harmless when idle"
        body = asked(steps=100)
        waiting = pool.submit(person.make, body)
        until(lambda: person.get("progress")["state"]["sampling_step"] > 1)
        state = person.get("progress")["state"]
        assert (state["job"], state["job_count"], state["sampling_steps"]) == ("scripts_txt2img", 1, 100)
        person.post("interrupt", {})
        reply = waiting.result()
        assert (reply.status, len(reply.frames)) == (200, 4)
        assert "Steps: 100" in reply.info["infotexts"][0]
        assert not same(reply.frames, person.double.expected(body))
        assert person.double.jobs[-1].interrupted
        idle = person.get("progress")
        assert (idle["progress"], idle["state"]["job"], idle["state"]["job_count"]) == (0, "", 0)


def test_a_second_request_waits_for_the_first() -> None:
    with somebody("slow=0.005") as person, ThreadPoolExecutor() as pool:
        both = [pool.submit(person.make, asked(steps=10, seed=seed)) for seed in (1, 2)]
        until(lambda: len(person.double.jobs) == 2)
        assert sorted(job.outcome for job in person.double.jobs) == ["running", "waiting"]
        assert [one.result().status for one in both] == [200, 200]


def test_a_job_goes_on_without_its_client() -> None:
    with somebody("slow=0.01") as person:
        with pytest.raises(httpx.ReadTimeout):
            person.client.post(TXT2IMG, json=asked(steps=8), timeout=0.03)
        assert person.double.state.busy
        until(lambda: person.double.jobs[0].outcome == "done")
        until(lambda: person.double.jobs[0].gone)
        assert person.double.jobs[0].steps_done == 8


def test_a_broken_connection_stops_nothing() -> None:
    with somebody("disconnect:1") as person:
        with pytest.raises(httpx.RemoteProtocolError):
            person.make(asked())
        until(lambda: person.double.jobs[0].outcome == "done")
        assert person.make(asked()).status == 200


def test_a_dead_server_answers_nothing() -> None:
    with somebody("dead") as person, pytest.raises(httpx.ConnectError):
        person.get("options")
    with somebody("dead:1") as person:
        with pytest.raises(httpx.TransportError):
            person.make(asked())
        with pytest.raises(httpx.TransportError):
            person.get("options")


def test_gzip_is_spoken_where_it_is_understood(person: Person) -> None:
    assert person.client.get("/sdapi/v1/script-info").headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in person.client.get("/sdapi/v1/progress").headers
    with somebody("gzip") as always:
        assert always.client.get("/sdapi/v1/progress").headers["Content-Encoding"] == "gzip"


def test_drawn_faults_are_the_same_every_time_and_about_as_many_as_asked() -> None:
    drawn = [mood("fault_rate=0.2,seed=3").fault(number, clip=True) for number in range(1, 1001)]
    assert drawn == [mood("fault_rate=0.2,seed=3").fault(number, clip=True) for number in range(1, 1001)]
    assert 150 < sum(map(bool, drawn)) < 250
    assert {*filter(None, drawn)} == {*FAULTS}
    assert not mood("fault_rate=1").fault(1, clip=False), "a heal draws none"


def test_a_word_that_is_no_mood_is_named() -> None:
    with pytest.raises(ValueError, match="'grumpy' is no mood"):
        mood("fast,grumpy")


def test_a_load_waits_for_the_running_job() -> None:
    with somebody("slow=0.005") as person, ThreadPoolExecutor() as pool:
        clip = pool.submit(person.make, asked(steps=10))
        until(lambda: person.double.state.busy)
        assert person.options(sd_model_checkpoint="other").status_code == 200
        assert person.double.jobs[0].outcome == "done"
        assert same(clip.result().frames, person.double.expected(asked(steps=10), checkpoint="sd15"))


def healthy(person: Person, body: Any, checkpoint: str) -> Any:
    """The frames expected of a body; none where no server could render it."""
    try:
        return person.double.expected(body, checkpoint=checkpoint)
    except ValueError:
        return np.zeros(0)


def test_what_a_job_says_of_itself_is_true_whatever_went_wrong() -> None:
    dice = random.Random(5)
    mistakes: list[dict[str, Any]] = [
        {},
        {},
        {"prompt": "1: a\n0: b"},
        {"prompt": "a, " * 90},
        {"sampler_name": "none"},
        {"args": {"fps": 0}},
        {"args": {"batch_size": 8}},
        {"args": {"model": "none"}},
        {"override_settings": {"sd_model_checkpoint": "other"}},
    ]
    with somebody("leak,fault_rate=0.2,seed=2") as person:
        for seed in range(80):
            if dice.random() < 0.4:  # now and then somebody heals and reloads; otherwise damage spreads
                person.make(asked(steps=1))
                for name in dice.sample(["sd15", "other"], 2):
                    person.options(sd_model_checkpoint=name)
            body = asked(seed=seed, steps=2, **dice.choice(mistakes))
            try:
                reply = person.make(body)
            except httpx.TransportError:
                continue
            job = person.double.jobs[-1]
            if reply.status == 200:
                right = not job.corrections and "AnimateDiff" in reply.extra
                right &= same(reply.frames, healthy(person, body, job.checkpoint))
                assert job.right == right, job
        assert 10 < sum(job.right for job in person.double.jobs if not job.heal) < 60


def test_it_runs_as_a_process_too() -> None:
    command = [sys.executable, "-m", "tests.doubles.a1111", "--port", "0", "--mood", "nan:1", "--nowebui"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])
    try:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/sdapi/v1/sd-models").json()[0]["model_name"] == "sd15"
        assert httpx.post(f"{url}{TXT2IMG}", json=asked()).json()["error"] == "NansException"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0
