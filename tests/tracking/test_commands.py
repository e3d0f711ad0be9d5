from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from filelock import FileLock

from animorch.commands.dashboard import Dashboard, free_port, server_words
from animorch.commands.sync import Sync
from animorch.errors import UsageError
from animorch.tracking import default_uri
from tests.tracking.conftest import Sweep

_SERVE = (
    "import sys; from animorch.commands.dashboard import Dashboard; sys.exit(Dashboard().run(sys.argv[1:]))"
)


def test_sync_sends_every_sweep_and_says_so(runs, look, capsys):
    for key in ("one", "two"):
        Sweep(runs, key=key).finish("4")
    assert Sync().run(["--runs", str(runs)]) == 0
    assert len(look().runs()) == 4
    said = capsys.readouterr().out.splitlines()
    assert sorted(line.split(" ", 1)[1] for line in said) == [
        "default/one: 1 run, KILLED",
        "default/two: 1 run, KILLED",
    ]


def test_sync_leaves_a_sweep_running_that_is_being_rendered(sweep, runs, capsys):
    with FileLock(sweep.folder / ".lock"):
        assert Sync().run(["--runs", str(runs)]) == 0
    assert "RUNNING" in capsys.readouterr().out


def test_sync_goes_on_after_a_plan_it_cannot_read(runs, look, capsys):
    Sweep(runs, key="good").finish("4")
    (Sweep(runs, key="bad").folder / "plan.json").write_text("{}")
    assert Sync().run(["--runs", str(runs)]) == 3
    assert "left out" in capsys.readouterr().out
    assert set(look().children()) == {"4"}


def test_sync_of_an_empty_folder_says_what_to_do(tmp_path, capsys):
    assert Sync().run(["--runs", str(tmp_path)]) == 0
    assert "render first" in capsys.readouterr().out


def test_sync_to_a_server_out_of_reach_ends_with_three(sweep, runs, capsys):
    assert Sync().run(["--runs", str(runs), "--uri", "http://127.0.0.1:9"]) == 3
    assert "cannot be reached" in capsys.readouterr().err


def test_the_dashboard_refuses_when_there_is_no_store_yet(tmp_path):
    with pytest.raises(UsageError, match="no runs yet; render first"):
        Dashboard().run(["--runs", str(tmp_path)])


def test_the_dashboard_of_a_server_is_its_address(capsys):
    assert Dashboard().run(["--uri", "https://me:secret@example.org/mlflow"]) == 0
    said = capsys.readouterr().out
    assert "https://example.org/mlflow" in said
    assert "secret" not in said


def test_a_taken_port_gives_way_to_a_free_one():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port("127.0.0.1", port) != port


def test_a_host_that_is_not_this_one_is_refused():
    with pytest.raises(UsageError, match=r"--host 192\.0\.2\.1"):
        free_port("192.0.2.1", 5000)


@pytest.mark.slow
def test_a_real_server_takes_a_sweep_shows_it_and_ends_at_ctrl_c(sweep, runs, look, template, tmp_path):
    sweep.finish("4", prompt="", metrics={"flicker": [0.5, 0.25]})
    sweep.fail("7", "größer 🦊")
    (tmp_path / "server").mkdir()
    shutil.copy(template, tmp_path / "server" / "mlflow.db")
    port = free_port("127.0.0.1", 5000)
    words = ["--runs", str(tmp_path / "server"), "--port", str(port)]
    server = subprocess.Popen([sys.executable, "-c", _SERVE, *words])
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        for _ in range(2):
            assert Sync().run(["--runs", str(runs), "--uri", address]) == 0
        children = look(address).children()
        assert children["4"].data.params["prompt"] == ""
        assert look(address).history(children["4"], "flicker.by_frame") == [(0, 0.5), (1, 0.25)]
        assert children["7"].data.tags["animorch.error"] == "größer 🦊"
        assert "clip.mp4" in look(address).files(children["4"])
        assert list((tmp_path / "server" / "mlartifacts").rglob("clip.mp4"))
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
        assert free_port("127.0.0.1", port) == port
    finally:
        server.kill()
        server.wait()


def _wait_for(address: str) -> None:
    for _ in range(600):
        try:
            with urlopen(f"{address}/health"):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"no server at {address}")


def test_the_server_reads_the_store_that_the_runs_are_written_to(runs):
    words = server_words(default_uri(runs), "127.0.0.1", 5000)
    assert default_uri(runs) in words
    assert (Path(runs) / "mlartifacts").as_uri() in words
