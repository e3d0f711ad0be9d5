"""Sweeps over servers where things go wrong: every point ends truthfully, none is rendered twice."""

from __future__ import annotations

import json
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import sleep
from typing import Any

import numpy as np
import pytest
from a1111_session import clips, quiet, restored, session, spec

from animorch import BackendError, Clip, decoded
from tests.conftest import Studio
from tests.doubles.a1111 import Double, Job

RATES = ("fault_rate=0.2,seed=4", "fault_rate=0.2,seed=9")
WORDS = (
    *("backend=a1111", "backend.poll=0.01", "motion=v15_v2", "backend.models.sd15=sd15.safetensors"),
    *("width=32", "height=32", "frames=2", "tracking.enabled=false", "grid=false", "steps=2"),
)


def by_seed(*doubles: Double) -> dict[int, list[Job]]:
    found: dict[int, list[Job]] = {}
    for double in doubles:
        for job in clips(double):
            found.setdefault(job.body["seed"], []).append(job)
    return found


def truthful(frames: Any, jobs: list[Job]) -> bool:
    """Whether a point's end is what happened: frames of its one right job, or none where none was right."""
    right = [job for job in jobs if job.right and not job.gone]
    if frames is None:
        return not right
    return len(right) == 1 and np.array_equal(frames, right[0].frames)


@pytest.mark.parametrize("servers", [1, 2])
def test_100_points_with_faults_in_a_fifth_end_truthfully_and_settings_are_given_back(servers: int) -> None:
    made: dict[int, Clip | None] = {}
    with ExitStack() as stack:
        doubles = [stack.enter_context(Double(rate)) for rate in RATES[:servers]]
        with session(*doubles) as backend:

            def point(seed: int) -> None:
                checkpoint = {"name": "other" if seed % 10 == 7 else "sd15", "base": "sd15"}
                asked = spec(seed=1000 * seed, frames=2, checkpoint=checkpoint)
                try:
                    made[1000 * seed] = backend.render(asked, quiet)
                except BackendError:
                    made[1000 * seed] = None

            with ThreadPoolExecutor(backend.lanes()) as pool:
                list(pool.map(point, range(100)))
        jobs = by_seed(*doubles)
        for seed, clip in made.items():
            assert truthful(None if clip is None else clip.frames, jobs[seed]), [seed, jobs[seed]]
        assert len(made) == 100
        whole = Counter(seed for seed, some in jobs.items() for job in some if not job.interrupted)
        assert max(whole.values()) == 1, "a point was rendered twice"
        assert sum(clip is None for clip in made.values()) > 8, "the faults did not come"
        assert all(restored(double) and not double.state.poisoned for double in doubles)


def ends(studio: Studio, double: Double) -> tuple[list[str], int]:
    """Check every record against what the double did; the points' statuses, and how many were made."""
    statuses = []
    jobs = by_seed(double)
    (folder,) = studio.sweeps()
    for point in studio.plan().points:
        record = json.loads((folder / str(point.folder) / "record.json").read_text())
        seed = json.loads((folder / str(point.folder) / "experiment.json").read_text())["seed"]
        statuses.append(record["status"])
        frames = folder / str(point.folder) / "frames.mkv"
        assert frames.exists() == (record["status"] == "finished")
        assert truthful(decoded(frames).frames if frames.exists() else None, jobs[seed])
        assert (record["status"] == "failed") == bool(record.get("error"))
    return statuses, sum(map(len, jobs.values()))


def swept(studio: Studio, count: int) -> None:
    with Double(RATES[0]) as double:
        words = ("-m", *WORDS, f"backend.url={double.url}", f"seed=range(0,{1000 * count},1000)")
        said = studio(*words)
        assert said.code == 3, said.err
        statuses, made = ends(studio, double)
        assert len(statuses) == made == count
        assert 0 < statuses.count("failed") < count / 2
        assert restored(double)
        for _ in range(6):
            if studio(*words).code == 0:
                break
        statuses, _ = ends(studio, double)
        assert set(statuses) == {"finished"}, "the same command tries failed points again"
        assert restored(double)


def test_a_sweep_by_the_command_line_makes_up_for_its_failed_points(studio: Studio) -> None:
    swept(studio, 12)


@pytest.mark.slow
def test_a_sweep_of_100_points_by_the_command_line(studio: Studio) -> None:
    swept(studio, 100)


def test_the_record_keeps_payload_infotext_and_facts(studio: Studio) -> None:
    with Double() as double:
        said = studio(*WORDS, f"backend.url={double.url}")
        assert said.code == 0, said.err
    (folder,) = studio.sweeps()
    (payload,) = folder.glob("*/a1111_payload.json")
    assert json.loads(payload.read_text())["alwayson_scripts"]["AnimateDiff"]
    assert "AnimateDiff" in payload.with_name("a1111_infotext.txt").read_text()
    (record,) = studio.records()
    assert double.url not in json.dumps(record["environment"])


def test_a_dead_server_is_one_sentence_for_a_whole_plan(studio: Studio) -> None:
    with Double("dead") as double:
        said = studio("-m", *WORDS, f"backend.url={double.url}", "seed=1,2,3")
    assert said.code == 2
    assert said.err.count("nothing answers") == 1
    assert "Traceback" not in said.err


def test_ctrl_c_stops_every_servers_job_and_gives_the_settings_back(studio: Studio) -> None:
    with ExitStack() as stack:
        doubles = [stack.enter_context(Double("slow=0.05")) for _ in range(2)]
        urls = ",".join(double.url for double in doubles)
        words = ("-m", *WORDS[:-1], "steps=400", f"backend.urls=[{urls}]", "seed=1,2,3,4")
        running = studio.spawn(*words)
        while not all(_stepping(double) for double in doubles) and running.poll() is None:
            sleep(0.02)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
        assert running.returncode == 130, out + err
        for double in doubles:
            assert [job.interrupted for job in clips(double)] == [True]
            assert not double.state.busy
            assert restored(double)


def _stepping(double: Double) -> bool:
    return any(job.steps_done > 1 for job in clips(double))


def test_the_doctor_names_a_missing_motion_module_by_its_probe(studio: Studio) -> None:
    with Double() as double:
        said = studio("doctor", *WORDS, f"backend.url={double.url}")
        assert said.code == 0, said.out
        missing = "backend.models.v15_v2=nowhere.safetensors"
        said = studio("doctor", *WORDS, f"backend.url={double.url}", missing)
        assert said.code == 2
        assert "nowhere.safetensors is missing" in " ".join(said.out.split())
        assert restored(double)
