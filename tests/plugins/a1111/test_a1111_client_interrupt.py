"""A job is watched from a second connection, interrupted there, and never believed afterwards."""

from __future__ import annotations

import threading
from time import monotonic

import httpx
import pytest
from a1111_session import clips, is_right, quiet, session, spec

from animorch import BackendError
from tests.doubles.a1111 import Double


def test_progress_rises_with_the_servers_steps_to_its_total() -> None:
    seen: list[tuple[int, int]] = []
    with Double("slow=0.02") as double, session(double) as backend:
        backend.render(spec(steps=8), lambda step, total: seen.append((step, total)))
    steps = [step for step, _ in seen]
    assert steps == sorted(steps)
    assert {total for _, total in seen} == {8}
    assert steps[-1] == 8
    assert len(set(steps)) > 2


def test_progress_rises_through_the_passes_of_freeinit() -> None:
    seen: list[tuple[int, int]] = []
    with Double("slow=0.01") as double, session(double) as backend:
        backend.render(spec(freeinit={"iterations": 2}), lambda step, total: seen.append((step, total)))
    assert seen[-1] == (4, 4)
    assert [step for step, _ in seen] == sorted(step for step, _ in seen)


def test_an_interrupt_stops_the_servers_job_waits_for_idle_and_goes_on() -> None:
    def at_two(step: int, total: int) -> None:
        if step >= 2:
            raise KeyboardInterrupt

    with Double("slow=0.02") as double, session(double) as backend:
        began = monotonic()
        with pytest.raises(KeyboardInterrupt):
            backend.render(spec(steps=500), at_two)
        assert monotonic() - began < 3
        assert clips(double)[0].interrupted
        assert not double.state.busy
        assert is_right(backend.render(spec(), quiet), double)


def test_a_clip_that_runs_past_the_timeout_is_interrupted_and_fails() -> None:
    with Double("slow=0.02") as double, session(double, timeout=0.6) as backend:
        with pytest.raises(BackendError, match=r"backend\.timeout=0\.6"):
            backend.render(spec(steps=500), quiet)
        assert clips(double)[0].interrupted
        assert len(clips(double)) == 1
        assert is_right(backend.render(spec(), quiet), double)


@pytest.mark.parametrize("button", ["interrupt", "skip"])
def test_a_clip_that_another_hand_ended_early_is_not_believed(button: str) -> None:
    def reach(step: int, total: int) -> None:
        if step >= 3 and not done:
            done.append(httpx.post(f"{double.url}/sdapi/v1/{button}").status_code)

    done: list[int] = []
    with Double("slow=0.02") as double, session(double) as backend:
        with pytest.raises(BackendError, match="another hand interrupted"):
            backend.render(spec(steps=40), reach)
        assert clips(double)[0].interrupted
        assert is_right(backend.render(spec(), quiet), double)


def test_an_interrupt_is_not_forgotten_over_the_job_that_begins_behind_it() -> None:
    def reach(step: int, total: int) -> None:
        if step and not theirs.ident:
            theirs.start()
            while len(double.jobs) < 3:
                threading.Event().wait(0.005)
            httpx.post(f"{double.url}/sdapi/v1/interrupt")

    with Double("slow=0.1") as double, session(double) as backend:
        body = {"steps": 2, "width": 32, "height": 32}
        theirs = threading.Thread(target=lambda: httpx.post(f"{double.url}/sdapi/v1/txt2img", json=body))
        with pytest.raises(BackendError, match="another hand interrupted"):
            backend.render(spec(steps=40), reach)
        theirs.join()


def test_an_interrupt_by_another_hand_is_seen_even_when_no_look_fell_into_it() -> None:
    with (
        Double("interrupted:2") as double,
        session(double, poll=0.5) as backend,
        pytest.raises(BackendError, match="another hand interrupted"),
    ):
        backend.render(spec(), quiet)


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    with Double("slow=0.01") as double, session(double) as backend:
        backend.render(spec(), quiet)
        with pytest.raises(BackendError):
            backend.render(spec(motion={"name": "nowhere", "base": "sd15"}), quiet)
    assert threading.active_count() == before
