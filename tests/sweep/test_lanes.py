"""A backend that renders several clips at once: a sweep gives it as many as it takes."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Studio, installed

FARM = Path(__file__).parent / "animorch_farm.py"
SMALL = (
    "backend=farm",
    "width=16",
    "height=16",
    "frames=2",
    "steps=2",
    "metrics=[]",
    "tracking.enabled=false",
)


@pytest.fixture
def farm(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    with installed(FARM, studio, monkeypatch):
        yield studio


def environments(studio: Studio) -> list[dict[str, Any]]:
    return [record["environment"] for record in studio.records()]


def test_as_many_points_as_it_has_lanes_are_under_way_and_no_more(farm: Studio) -> None:
    said = farm("-m", *SMALL, "seed=range(0,7)", "backend.width_of_farm=3")
    assert said.code == 0
    assert [record["status"] for record in farm.records()] == ["finished"] * 7
    assert max(int(each["most"]) for each in environments(farm)) == 3


def test_each_point_has_the_facts_and_the_attachment_of_its_own_render(farm: Studio) -> None:
    farm("-m", *SMALL, "prompt=a cow,a hen,a goat,a cat")
    (folder,) = farm.sweeps()
    for point in farm.plan().points:
        home = folder / str(point.folder)
        asked = json.loads((home / "experiment.json").read_text())["prompt"]
        record = json.loads((home / "record.json").read_text())
        assert record["environment"]["prompt"] == asked
        assert (home / "farm.txt").read_text() == f"rendered {asked}\n"
        assert "farm.txt" in record["files"]


def test_an_attachment_is_kept_when_the_frames_come_from_the_store(farm: Studio) -> None:
    farm("-m", *SMALL, "seed=1,2")
    farm("-m", *SMALL, "seed=1,2", "output.fps=12")
    assert all(
        (sweep / str(point.folder) / "farm.txt").is_file()
        for sweep in farm.sweeps()
        for point in farm.plan_of(sweep).points
    )


def test_one_broken_point_leaves_the_others_alone(farm: Studio) -> None:
    said = farm("-m", *SMALL, "prompt=a cow,a hen,a goat", "backend.broken=a hen")
    assert said.code == 3
    assert [record["status"] for record in farm.records()] == ["finished", "failed", "finished"]


def test_points_with_other_options_of_the_backend_share_its_lanes(farm: Studio) -> None:
    farm("-m", *SMALL, "backend.quality=1,2,3,4", "backend.width_of_farm=2")
    assert max(int(each["most"]) for each in environments(farm)) == 2


def test_an_interrupt_stops_every_lane_and_the_rerun_does_the_rest(farm: Studio) -> None:
    words = ("-m", *SMALL, "seed=range(0,6)", "backend.width_of_farm=2", "steps=40")
    process = farm.spawn(*words, "backend.seconds=0.02")
    journal = farm.folder / "runs"
    while not list(journal.glob("*/*/*/record.json")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    done = len(list(journal.glob("*/*/*/record.json")))
    assert 1 <= done < 6
    said = farm(*words, "backend.seconds=0")
    assert said.code == 0
    assert len(farm.records()) == 6


def test_stored_frames_need_no_server(farm: Studio) -> None:
    farm("-m", *SMALL, "seed=1,2")
    (farm.folder / "shut").touch()
    assert farm("-m", *SMALL, "seed=1,2", "output.fps=12").code == 0
    said = farm("-m", *SMALL, "seed=1,3")
    assert said.code == 2
    assert "no farm answers; open it" in said.err
    assert farm("-m", *SMALL, "seed=1,2", "force=true").code == 2


def test_a_file_of_the_backends_own_fills_what_nobody_has_set(farm: Studio) -> None:
    farm.write("own.json", json.dumps({"prompt": "a cow", "seed": 5, "cfg": 3.5, "frames": 4}))
    said = farm(*SMALL, "backend.file=own.json")  # SMALL says frames=2
    assert said.code == 0, said.err
    (record,) = farm.records()
    assert record["moved"].items() >= {"prompt": "a cow", "seed": 5, "cfg": 3.5}.items()
    assert "frames" not in record["moved"]
    (folder,) = farm.sweeps()
    asked = json.loads((folder / str(farm.plan().points[0].folder) / "experiment.json").read_text())
    assert (asked["prompt"], asked["seed"], asked["cfg"], asked["frames"]) == ("a cow", 5, 3.5, 2)


def test_a_swept_key_wins_over_the_backends_file_even_at_its_default(farm: Studio) -> None:
    farm.write("own.json", json.dumps({"seed": 5}))
    farm("-m", *SMALL, "backend.file=own.json", "seed=0,5")
    (folder,) = farm.sweeps()
    seeds = [
        json.loads((folder / str(point.folder) / "experiment.json").read_text())["seed"]
        for point in farm.plan().points
    ]
    assert seeds == [0, 5]


@pytest.mark.parametrize(
    ("words", "window"),
    [
        ((), (4, 1, "static")),
        (("window.overlap=2",), (4, 2, "static")),
        (("window.length=8", "window.schedule=uniform"), (8, 1, "uniform")),
        (("window.overlap=4",), (8, 4, "static")),  # though 4 is what it is by itself
        (("window.length=null",), None),
    ],
)
def test_parts_of_a_table_that_nobody_has_set_are_the_files(
    farm: Studio, words: tuple[str, ...], window: tuple[int, int, str] | None
) -> None:
    length = 8 if "window.overlap=4" in words else 4
    said = {"window": {"length": length, "overlap": 1, "schedule": "static"}, "init": {"strength": 0.4}}
    farm.write("own.json", json.dumps(said))
    answer = farm(*SMALL, *words, "backend.file=own.json", "backend.seconds=0")
    assert answer.code == 0, answer.err
    (folder,) = farm.sweeps()
    asked = json.loads((folder / str(farm.plan().points[0].folder) / "experiment.json").read_text())
    found = asked.get("window")
    assert (found and tuple(found[part] for part in ("length", "overlap", "schedule"))) == window
    assert asked.get("init") is None


def test_a_missing_file_of_the_backends_own_is_one_sentence(farm: Studio) -> None:
    said = farm(*SMALL, "backend.file=none.json")
    assert said.code == 2
    assert "backend.file: there is no none.json; check the path" in said.err
    assert "Traceback" not in said.err


def test_doctor_tells_what_the_backend_found_and_renders_one_frame(farm: Studio) -> None:
    said = farm("doctor", *SMALL)
    assert said.code == 0
    assert "good  farm: the farm's door" in said.out
    assert "note  weather: it rains" in said.out
    assert "good  probe: one frame of 64x64 with one step was rendered" in said.out
    assert not (farm.folder / "runs").exists()


def test_doctor_names_the_fix_and_tries_no_frame_before_it(farm: Studio) -> None:
    (farm.folder / "shut").touch()
    said = farm("doctor", "--json", *SMALL)
    assert said.code == 2
    found = {finding["subject"]: finding for finding in json.loads(said.out)}
    assert found["farm"]["good"] is False
    assert found["farm"]["fix"] == "remove the file shut"
    assert found["probe"]["good"] is None


def test_doctor_of_a_broken_render_says_what_the_backend_said(farm: Studio) -> None:
    said = farm("doctor", *SMALL, "prompt=a cow", "backend.broken=a cow")
    assert said.code == 2
    assert "bad   probe: one frame could not be rendered: the farm has no such animal" in said.out
