"""A training in MLflow: one run, found again on resume, whole after a store that failed."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from animorch.tracking import TrainingProjection, Writer
from animorch.tracking.store import Store, default_uri
from tests.conftest import Studio

TOY = ("train", "mode=toy", "data.folder=clips")


@pytest.fixture
def tracked(toys: Studio, runs: Path) -> Studio:
    """The studio with a store in runs/ that needs no migration."""
    assert runs == toys.folder / "runs"
    return toys


def shown(studio: Studio, experiment: str = "training") -> list[Any]:
    """Every run of the experiment, newest first."""
    client = Store(default_uri(studio.folder / "runs")).client
    found = client.get_experiment_by_name(experiment)
    return [] if found is None else list(client.search_runs([found.experiment_id]))


def history(studio: Studio, run: Any, key: str = "loss") -> list[tuple[int, float]]:
    client = Store(default_uri(studio.folder / "runs")).client
    return sorted((item.step, item.value) for item in client.get_metric_history(run.info.run_id, key))


def lines(studio: Studio) -> list[tuple[int, float]]:
    text = (studio.folder / "runs/training/mine/losses.jsonl").read_text()
    return [(line["step"], line["loss"]) for line in map(json.loads, text.splitlines())]


def test_a_training_is_one_run_with_params_metrics_and_clips(tracked: Studio) -> None:
    assert tracked(*TOY, "validation.every=4", "motion=v15_v2").code == 0
    (run,) = shown(tracked)
    assert (run.info.run_name, run.info.status) == ("mine", "FINISHED")
    assert (run.data.params["mode"], run.data.params["steps"]) == ("toy", "8")
    assert (run.data.params["motion"], run.data.params["data.folder"]) == ("v15_v2", "clips")
    assert history(tracked, run) == lines(tracked)
    assert {"loss", "rate", "steps_a_second"} == run.data.metrics.keys()
    client = Store(default_uri(tracked.folder / "runs")).client
    clips = client.list_artifacts(run.info.run_id, "validation/step-000004")
    assert [clip.path for clip in clips] == ["validation/step-000004/a-red-star.mp4"]
    assert {"config.yaml", "losses.jsonl", "log.txt", "record.json"} <= {
        item.path for item in client.list_artifacts(run.info.run_id)
    }


def test_a_resumed_training_is_the_same_run_and_no_number_is_sent_twice(tracked: Studio) -> None:
    tracked(*TOY, "stumbles_at=5")
    assert [run.info.status for run in shown(tracked)] == ["FAILED"]
    assert "stumbled" in shown(tracked)[0].data.tags["animorch.error"]
    tracked(*TOY)
    (run,) = shown(tracked)
    assert run.info.status == "FINISHED"
    assert history(tracked, run) == lines(tracked)
    assert "animorch.error" not in run.data.tags


def test_a_training_begun_again_is_another_run(tracked: Studio) -> None:
    tracked(*TOY)
    tracked(*TOY, "force=true")
    assert len(shown(tracked)) == 2


def test_an_interrupted_training_is_killed_in_mlflow(tracked: Studio) -> None:
    process = tracked.spawn(*TOY, "nap=0.1", "steps=600")
    path, end = tracked.folder / "runs/training/mine/losses.jsonl", time.monotonic() + 60
    while not path.is_file() or len(path.read_text().splitlines()) < 3:
        assert time.monotonic() < end
        time.sleep(0.05)
    process.terminate()
    _, err = process.communicate(timeout=90)
    assert process.returncode == 130, err
    (run,) = shown(tracked)
    assert run.info.status == "KILLED"
    assert history(tracked, run) == lines(tracked)


def test_a_broken_store_is_one_sentence_and_sync_makes_up_for_it(toys: Studio) -> None:
    toys.write("broken/mlflow.db", "this is no database")
    said = toys(*TOY, "tracking.uri=sqlite:///broken/mlflow.db")
    assert said.code == 0, said.err
    (warning,) = [line for line in said.out.splitlines() if line.startswith("warning")]
    assert "MLflow" in warning
    assert "run `animorch sync` later" in warning
    assert len(lines(toys)) == 8


def test_sync_sends_a_training_that_was_not_tracked_and_does_nothing_twice(tracked: Studio) -> None:
    tracked(*TOY, "tracking.enabled=false", "validation.every=4")
    assert shown(tracked) == []
    assert "training/mine: FINISHED" in tracked("sync").out
    (run,) = shown(tracked)
    assert history(tracked, run) == lines(tracked)
    tracked("sync")
    assert len(shown(tracked)) == 1
    assert history(tracked, run) == lines(tracked)


def test_a_slow_store_never_slows_a_step(toys: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred steps beside a store that takes seconds for each visit."""
    busy = threading.Event()
    monkeypatch.setattr(TrainingProjection, "bring", lambda self, closed: busy.wait(2))
    monkeypatch.setattr(Writer, "close", lambda self, timeout=0: busy.set())
    began = time.perf_counter()
    assert toys(*TOY, "steps=100", "checkpoint_every=100").code == 0
    assert time.perf_counter() - began < 30  # waiting for it would take 200
