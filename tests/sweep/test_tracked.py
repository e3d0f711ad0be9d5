"""The whole command with MLflow: one parent a sweep, one child a point, never doubled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SMALL, Studio

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # mlflow's own imports
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # its sqlite engines live until exit
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def runs(folder: Path) -> tuple[list[Any], list[Any]]:
    """Parent runs and child runs in the default store."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/runs/mlflow.db")
    found = [run for exp in client.search_experiments() for run in client.search_runs([exp.experiment_id])]
    children = [run for run in found if "mlflow.parentRunId" in run.data.tags]
    return [run for run in found if run not in children], children


def test_a_sweep_is_one_parent_and_a_child_a_point_and_again_adds_none(studio: Studio) -> None:
    assert studio("-m", "cfg=4,7,10", *SMALL).code == 0
    parents, children = runs(studio.folder)
    assert [parent.info.status for parent in parents] == ["FINISHED"]
    assert {float(child.data.params["cfg"]) for child in children} == {4, 7, 10}
    assert {child.info.status for child in children} == {"FINISHED"}
    assert all("motion_amount" in child.data.metrics for child in children)
    assert studio("-m", "cfg=4,7,10", *SMALL).code == 0
    parents, children = runs(studio.folder)
    assert (len(parents), len(children)) == (1, 3)


def test_a_failed_point_is_a_failed_run_that_a_retry_mends(studio: Studio) -> None:
    words = ("-m", "cfg=4,7", *SMALL)
    assert studio(*words, 'backend.fail_on="cfg=7"').code == 3
    _, children = runs(studio.folder)
    assert {child.data.params["cfg"]: child.info.status for child in children} == {
        "4": "FINISHED",
        "7": "FAILED",
    }
    assert studio(*words).code == 0
    parents, children = runs(studio.folder)
    assert [parent.info.status for parent in parents] == ["FINISHED"]
    assert [child.info.status for child in children] == ["FINISHED", "FINISHED"]


def test_an_unreachable_server_loses_nothing_and_sync_fills_in(studio: Studio) -> None:
    said = studio("-m", "cfg=4,7", *SMALL, "tracking.uri=http://127.0.0.1:9")
    assert said.code == 0
    assert "animorch sync" in said.out
    assert studio("sync").code == 0
    _, children = runs(studio.folder)
    assert len(children) == 2
