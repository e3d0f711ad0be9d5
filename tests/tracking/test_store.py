from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from animorch.errors import TrackingError
from animorch.tracking import default_uri, project
from tests.tracking.conftest import Sweep

_PROJECT = """
import sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from animorch.tracking import project
project(Path(sys.argv[1]), None, closed=True)
"""


def _start(code: str, sweep: Sweep) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", code, str(sweep.folder)]
    return subprocess.Popen(words, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True)


def _said(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    """Exit code and everything printed, of each."""
    texts = [process.communicate()[0] for process in processes]
    return [(process.returncode, text) for process, text in zip(processes, texts, strict=True)]


def test_importing_tracking_and_asking_in_step_imports_no_mlflow(sweep):
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    code = (
        "import sys; from pathlib import Path; import animorch.tracking as t; import animorch.commands.sync;"
        "assert t.in_step(Path(sys.argv[1]), None);"
        "w = t.Writer(Path(sys.argv[1]), None); w.nudge(); assert w.close() is None;"
        "assert 'mlflow' not in sys.modules and 'sqlalchemy' not in sys.modules"
    )
    assert _said([_start(code, sweep)]) == [(0, "")]


def test_four_processes_may_meet_a_store_that_is_not_there_yet(tmp_path, look):
    sweeps = [Sweep(tmp_path / "runs", key=f"sweep{place}") for place in range(4)]
    for sweep in sweeps:
        sweep.finish("4")
    said = _said([_start(_PROJECT, sweep) for sweep in sweeps])
    assert said == [(0, "")] * 4, "all succeed, and MLflow's chatter is kept from the user"
    assert len(look(default_uri(tmp_path / "runs")).runs()) == 8


def test_two_processes_that_project_one_sweep_double_nothing(sweep, look):
    sweep.finish("4")
    sweep.finish("7")
    assert _said([_start(_PROJECT, sweep) for _ in range(2)]) == [(0, "")] * 2
    assert set(look().children()) == {"4", "7"}
    assert look().parent().info.status == "FINISHED"


def test_a_server_that_does_not_answer_is_a_sentence_and_soon(sweep, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # as for a user
    began = time.monotonic()
    sentence = (
        r"^MLflow at http://127\.0\.0\.1:9 cannot be reached \(\[Errno \d+\] Connection refused\); "
        r"the records are safe, run `animorch sync` later$"
    )
    with pytest.raises(TrackingError, match=sentence):
        project(sweep.folder, "http://127.0.0.1:9", closed=True)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("uri", ["mlruns", "file:///nowhere/mlruns", "nonsense://host/x"])
def test_a_store_mlflow_refuses_is_a_sentence(sweep, uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrackingError, match="the records are safe"):
        project(sweep.folder, uri, closed=True)


def test_a_database_that_is_none_is_a_sentence(sweep, runs):
    (runs / "mlflow.db").write_text("this is no database" * 100)
    with pytest.raises(TrackingError, match=r"cannot be written .*not a database"):
        project(sweep.folder, None, closed=True)


def test_without_mlflow_the_sentence_says_so(sweep, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(TrackingError, match="mlflow cannot be imported"):
        project(sweep.folder, None, closed=True)


def test_what_the_user_set_for_mlflow_stays(monkeypatch):
    from animorch.tracking.store import quiet_environment

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "99")
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    assert "MLFLOW_HTTP_REQUEST_TIMEOUT" not in quiet_environment()
    assert quiet_environment()["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_a_relative_uri_is_the_same_store_from_anywhere(tmp_path, monkeypatch):
    from animorch.tracking.store import settled

    monkeypatch.chdir(tmp_path)
    assert settled("sqlite:///a.db", Path("x")) == f"sqlite:///{tmp_path / 'a.db'}"
