"""Options of a server are set once, through /options, and given back whatever happens."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from a1111_session import clips, is_right, quiet, restored, session, spec, stop
from animorch_a1111.claim import folder_of

from animorch import BackendError
from animorch.testing.material import same
from tests.doubles.a1111 import Double

LONG = ", ".join(f"word{number}" for number in range(60))  # more than 75 tokens
_KILLED = """
import os, sys
from animorch import RenderSpec
from animorch_a1111.backend import A1111Backend

url, spec = sys.argv[1], RenderSpec.model_validate_json(sys.argv[2])
options = {"url": url, "poll": 0.01, "models": {"v15_v2": "v15_v2.safetensors"}}
backend = A1111Backend.model_validate(options)
def die(step, total):
    if step:
        os.kill(os.getpid(), 9)
backend.render(spec, die)
"""


def changed(double: Double) -> dict[str, Any]:
    now, before = double.state.options, double.state.options_at_start
    return {key: value for key, value in now.items() if before[key] != value}


@pytest.mark.parametrize("mood", ["fast", "leak"])
def test_the_guides_settings_stand_while_it_renders_and_are_given_back(mood: str) -> None:
    with Double(mood) as double:
        with session(double) as backend:
            clip = backend.render(spec(prompt=LONG, negative_prompt="blurry"), quiet)
            assert is_right(clip, double)
            assert changed(double)["pad_cond_uncond"] is True
        assert restored(double)


def test_a_checkpoint_is_switched_through_options_and_switched_back() -> None:
    other = {"name": "third", "base": "sd15"}
    with Double() as double:
        with session(double) as backend:
            assert is_right(backend.render(spec(checkpoint=other), quiet), double)
            assert double.state.file == "anime/third.safetensors"
            assert is_right(backend.render(spec(), quiet), double)
            assert is_right(backend.render(spec(checkpoint=other, seed=2), quiet), double)
        assert double.state.file == "sd15.safetensors"
        assert restored(double)
        assert not any(job.body.get("override_settings") for job in double.jobs), "overrides leak"


def test_a_server_that_keeps_its_own_settings_renders_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def frozen(changes: object) -> None:
        """As with --freeze-settings."""

    with Double() as double, session(double) as backend:
        monkeypatch.setattr(double.webui, "set_options", frozen)
        with pytest.raises(BackendError, match="pad_cond_uncond=False"):
            backend.render(spec(), quiet)
        assert not clips(double)


def test_a_checkpoint_that_loads_past_the_timeout_fails_its_point(monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"name": "other", "base": "sd15"}
    with Double() as double:
        set_options = double.webui.set_options

        async def slow(changes: Mapping[str, Any]) -> None:
            await asyncio.sleep(0.2 if changes.get("sd_model_checkpoint") == "other.safetensors" else 0)
            await set_options(changes)

        monkeypatch.setattr(double.webui, "set_options", slow)
        with session(double, timeout=0.1) as backend:
            with pytest.raises(BackendError, match=r"backend\.timeout=0\.1"):
                backend.render(spec(checkpoint=other), quiet)
            assert not clips(double)
        assert restored(double)


def test_settings_of_one_clip_do_not_reach_the_next() -> None:
    with Double() as double:
        with session(double) as backend:
            usual = backend.render(spec(), quiet)
            backend.render(spec(clip_skip=2, vae={"name": "mse"}), quiet)
            again = backend.render(spec(), quiet)
        assert (usual.frames == again.frames).all()
        assert restored(double)


@pytest.mark.parametrize("end", ["interrupt", "fault"])
def test_they_are_given_back_after_ctrl_c_and_after_errors(end: str) -> None:
    with Double("slow=0.01" if end == "interrupt" else "oom") as double:
        with (
            pytest.raises(KeyboardInterrupt if end == "interrupt" else BackendError),
            session(double) as backend,
        ):
            backend.render(spec(checkpoint={"name": "other", "base": "sd15"}), stop_midway)
        assert restored(double)
        assert not folder_of(double.url).joinpath("options.json").exists()


def stop_midway(step: int, total: int) -> None:
    if step:
        stop(step, total)


def killed(double: Double) -> None:
    """A session that dies by kill -9 in the middle of its clip."""
    asked = spec(checkpoint={"name": "other", "base": "sd15"}, steps=20).model_dump_json()
    words = [sys.executable, "-c", _KILLED, double.url, asked]
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(words, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_after_a_kill_9_the_next_session_gives_them_back(caplog: pytest.LogCaptureFixture) -> None:
    with Double("slow=0.02") as double:
        killed(double)
        assert changed(double)["pad_cond_uncond"] is True
        assert double.state.file == "other.safetensors"
        with session(double) as backend:
            assert is_right(backend.render(spec(), quiet), double)
            assert "pad_cond_uncond=False" in backend.environment()["a1111_left_by_a_killed_session"]
        assert restored(double)
        assert "was killed" in caplog.text
        assert not folder_of(double.url).joinpath("options.json").exists()


def test_after_a_kill_9_the_doctor_gives_them_back() -> None:
    with Double("slow=0.02") as double:
        killed(double)
        with session(double) as backend:
            while double.state.busy:
                threading.Event().wait(0.02)
            findings = list(backend.examine([spec()]))
            assert restored(double)
        told = next(finding for finding in findings if "was killed" in finding.said)
        assert "sd_model_checkpoint" in told.said


def test_the_last_of_two_sessions_gives_back_what_was_before_the_first() -> None:
    with Double() as double:
        with session(double) as backend:
            backend.render(spec(checkpoint={"name": "other", "base": "sd15"}), quiet)
            with session(double) as beside:
                beside.render(spec(seed=3), quiet)
            assert changed(double)["pad_cond_uncond"] is True, "the first session still needs it"
            assert is_right(backend.render(spec(seed=4), quiet), double)
        assert restored(double)


def test_sessions_side_by_side_do_not_take_each_others_checkpoint() -> None:
    def work(name: str) -> None:
        with session(double) as backend:
            for seed in range(3):
                backend.render(spec(checkpoint={"name": name, "base": "sd15"}, seed=seed), quiet)

    with Double() as double:
        threads = [threading.Thread(target=work, args=(name,)) for name in ("sd15", "other")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(clips(double)) == 6
        assert all(job.right for job in clips(double))
        assert restored(double)


def test_a_cache_that_cannot_be_written_costs_only_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with Double() as double:
        with session(double) as backend:
            assert is_right(backend.render(spec(), quiet), double)
        assert restored(double)


def test_a_damaged_memory_is_passed_over() -> None:
    with Double() as double:
        folder_of(double.url).mkdir(parents=True)
        for text in ("{", "[]", json.dumps({"values": 3})):
            folder_of(double.url).joinpath("options.json").write_text(text)
            with session(double) as backend:
                backend.render(spec(), quiet)
            assert restored(double)


def test_a_process_that_never_closes_gives_them_back_at_its_end() -> None:
    code = _KILLED.replace("backend.render(spec, die)", "backend.render(spec, lambda step, total: None)")
    with Double() as double:
        words = [sys.executable, "-c", code, double.url, spec().model_dump_json()]
        paths = os.pathsep.join(path for path in sys.path if path)
        done = subprocess.run(words, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert clips(double)
        assert restored(double)


@pytest.mark.parametrize("option", [{"eta_noise_seed_delta": 31337}, {"s_churn": 2.0}, {"emphasis": "None"}])
def test_what_its_owner_tries_out_changes_no_clip_and_is_given_back(option: dict[str, Any]) -> None:
    with Double() as double:
        with session(double) as backend:
            usual = backend.render(spec(), quiet)
        httpx.post(f"{double.url}/sdapi/v1/options", json=option)
        with session(double) as backend:
            assert same(backend.render(spec(), quiet), usual)
        assert {key: double.state.options[key] for key in option} == option
