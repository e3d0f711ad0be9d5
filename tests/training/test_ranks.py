"""A training in several processes: the first does the house's work, the others only learn."""

from __future__ import annotations

import pytest

from tests.conftest import Studio

WORDS = ("train", "mode=toy_spread", "tracking.enabled=false")


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that torchrun gives the second of two processes."""
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")


def test_the_second_process_trains_in_silence_and_writes_nothing(toys: Studio, second: None) -> None:
    said = toys(*WORDS)
    assert (said.code, said.out, said.err) == (0, "", "")
    assert not (toys.folder / "runs").exists()


def test_the_second_process_leaves_mistakes_to_the_first(toys: Studio, second: None) -> None:
    for wrong in ("size=0", "mode=toi"):
        said = toys(*WORDS, wrong)
        assert (said.code, said.out, said.err) == (2, "", "")


def test_a_failure_of_the_second_process_is_said_by_it(toys: Studio, second: None) -> None:
    said = toys(*WORDS, "size=13")
    assert said.code == 3
    assert "process 1 of 2 failed (ZeroDivisionError: the toy stumbled)" in said.err


def test_the_first_process_does_what_a_single_one_does(
    toys: Studio, second: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "0")
    said = toys(*WORDS)
    assert said.code == 0, said.err
    assert "a note" in said.err
    assert (toys.folder / "runs/training/mine/record.json").is_file()
    said = toys(*WORDS)
    assert "a note" in said.err, "a finished training is gone into, since the others wait there"


def test_a_trainer_of_one_process_is_refused_in_several(
    toys: Studio, second: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("train", "mode=toy_base", "tracking.enabled=false")
    assert toys(*words).code == 2
    monkeypatch.setenv("RANK", "0")
    said = toys(*words)
    assert said.code == 2
    assert "mode=toy_base trains in one process and 2 were started" in said.err
    assert not (toys.folder / "runs").exists()
