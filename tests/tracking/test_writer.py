from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from animorch.errors import TrackingError
from animorch.tracking import Writer
from animorch.tracking.projection import Projection


def _until(happened: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def test_points_show_while_others_still_render(sweep, look):
    writer = Writer(sweep.folder, None)
    sweep.finish("4")
    writer.nudge()
    _until(lambda: "FINISHED" in [run.info.status for run in look().runs()])
    assert set(look().children()) == {"4"}
    assert look().parent().info.status == "RUNNING"
    sweep.finish("7")
    writer.nudge()
    assert writer.close() is None
    assert set(look().children()) == {"4", "7"}
    assert look().parent().info.status == "FINISHED"


def test_a_nudge_costs_the_render_less_than_a_millisecond(sweep, monkeypatch):
    busy = threading.Event()
    monkeypatch.setattr(Projection, "bring", lambda self, closed: busy.wait(2))
    writer = Writer(sweep.folder, None)
    taken = []
    for _ in range(1000):
        began = time.perf_counter()
        writer.nudge()
        taken.append(time.perf_counter() - began)
    busy.set()
    writer.close()
    assert sorted(taken)[-10] < 0.001  # the few above are the machine's, not ours


def test_nudges_while_it_works_become_one(sweep, monkeypatch):
    brought: list[bool] = []
    gate = threading.Event()

    def bring(self: Projection, *, closed: bool) -> None:
        brought.append(closed)
        gate.wait(5)

    monkeypatch.setattr(Projection, "bring", bring)
    writer = Writer(sweep.folder, None)
    writer.nudge()
    _until(lambda: brought == [False])
    for _ in range(50):
        writer.nudge()
    gate.set()
    writer.close()
    assert brought in ([False, True], [False, False, True])


def test_a_store_out_of_reach_is_told_at_the_end_and_never_raised(sweep):
    writer = Writer(sweep.folder, "http://127.0.0.1:9")
    sweep.finish("4")
    writer.nudge()
    said = writer.close(30)
    assert said is not None
    assert "cannot be reached" in said
    assert "animorch sync" in said


def test_after_a_failure_it_waits_and_tries_again_at_a_nudge(sweep, monkeypatch, look):
    real, failures = Projection.bring, iter([TrackingError("down")])

    def bring(self: Projection, *, closed: bool) -> object:
        for error in failures:
            raise error
        return real(self, closed=closed)

    monkeypatch.setattr(Projection, "bring", bring)
    sweep.finish("4")
    writer = Writer(sweep.folder, None, pause=0.2)
    writer.nudge()
    _until(lambda: writer._trouble == "down")
    writer.nudge()  # too early: it backs off
    time.sleep(0.3)
    assert writer._trouble == "down"
    writer.nudge()
    _until(lambda: writer._trouble is None)
    assert set(look().children()) == {"4"}
    assert writer.close() is None


def test_a_fault_of_ours_does_not_reach_the_render_either(sweep, monkeypatch):
    monkeypatch.setattr(Projection, "bring", lambda self, closed: 1 / 0)
    writer = Writer(sweep.folder, None)
    assert "unforeseen fault (ZeroDivisionError" in str(writer.close())


def test_closing_gives_up_after_its_time(sweep, monkeypatch):
    hangs = threading.Event()
    monkeypatch.setattr(Projection, "bring", lambda self, closed: hangs.wait(10))
    writer = Writer(sweep.folder, None)
    said = writer.close(0.1)
    hangs.set()
    assert said is not None
    assert said.startswith("MLflow at sqlite:///")
    assert "had not taken everything after 0.1 s" in said


def test_ctrl_c_while_closing_is_a_sentence(sweep, monkeypatch):
    hangs = threading.Event()
    monkeypatch.setattr(Projection, "bring", lambda self, closed: hangs.wait(10))
    writer = Writer(sweep.folder, None)
    monkeypatch.setattr(writer._thread, "join", _interrupt)
    assert "when you interrupted" in str(writer.close())
    hangs.set()


def _interrupt(timeout: float) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("nudges", [0, 3])
def test_an_unchanged_folder_is_not_projected(sweep, monkeypatch, nudges):
    sweep.finish("4")
    assert Writer(sweep.folder, None).close() is None
    monkeypatch.setattr(Projection, "bring", lambda self, closed: pytest.fail("it was in step"))
    writer = Writer(sweep.folder, None)
    for _ in range(nudges):
        writer.nudge()
    assert writer.close() is None
