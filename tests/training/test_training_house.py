"""`animorch train` with a stranger's trainer: its folder, its resume, its words and what it leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from animorch import MotionModule
from animorch.media import decode
from tests.conftest import Studio

TOY = ("train", "mode=toy", "data.folder=clips", "tracking.enabled=false")


def folder(studio: Studio, name: str = "mine") -> Path:
    return studio.folder / "runs/training" / name


def record(studio: Studio, name: str = "mine") -> dict[str, Any]:
    found = json.loads((folder(studio, name) / "record.json").read_text())
    assert isinstance(found, dict)
    return found


def losses(studio: Studio, name: str = "mine") -> list[tuple[int, float]]:
    lines = (folder(studio, name) / "losses.jsonl").read_text().splitlines()
    return [(line["step"], line["loss"]) for line in map(json.loads, lines)]


def result(studio: Studio, name: str = "mine") -> str:
    return (folder(studio, name) / f"result/{name}.safetensors").read_text()


def test_a_training_leaves_a_whole_folder_and_a_choice(toys: Studio) -> None:
    said = toys(*TOY, "motion=v15_v2", "validation.every=4")
    assert said.code == 0, said.err
    assert "use it  animorch -m motion=v15_v2,mine" in said.out
    found = record(toys)
    assert (found["state"], found["step"], found["total"], found["mode"]) == ("finished", 8, 8, "toy")
    assert [step for step, _ in losses(toys)] == list(range(1, 9))
    options = yaml.safe_load((folder(toys) / "config.yaml").read_text())
    assert (options["mode"], options["steps"], options["motion"]["name"]) == ("toy", 8, "v15_v2")
    assert "step 8 of 8" in (folder(toys) / "log.txt").read_text()
    clip = decode(folder(toys) / "validation/step-000004/a-red-star.mp4")
    assert clip.frames.shape == (4, 16, 16, 3)


def test_the_choice_is_whole_says_how_it_is_used_and_can_be_swept(toys: Studio) -> None:
    toys(*TOY)
    text = (toys.folder / "conf/motion/mine.yaml").read_text()
    assert text.splitlines()[0].endswith("`animorch -m motion=v15_v2,mine`")
    values = yaml.safe_load(text)
    assert values.keys() == MotionModule.model_fields.keys()
    assert values["path"] == "runs/training/mine/result/mine.safetensors", "a moved project keeps working"
    said = toys("plan", "-m", "backend=testcard", "checkpoint=sd15", "motion=v15_v2,mine")
    assert said.code == 0, said.err


def test_a_finished_training_is_not_trained_again(toys: Studio) -> None:
    toys(*TOY)
    before = record(toys)
    (toys.folder / "conf/motion/mine.yaml").unlink()
    said = toys(*TOY)
    assert said.code == 0
    assert "trained already" in said.out
    assert record(toys) == before
    assert (toys.folder / "conf/motion/mine.yaml").is_file(), "a lost choice comes back"


def test_more_steps_train_on(toys: Studio) -> None:
    toys(*TOY, "steps=4", "name=short")
    assert toys(*TOY, "steps=8", "name=short").code == 0
    toys(*TOY, "name=whole")
    assert losses(toys, "short") == losses(toys, "whole")
    assert result(toys, "short") == result(toys, "whole")
    assert record(toys, "short")["sittings"] == 2


def test_other_options_under_the_same_name_are_refused_and_named(toys: Studio) -> None:
    toys(*TOY)
    before = result(toys)
    said = toys(*TOY, "seed=4", "rate=0.1", "motion=v15", "checkpoint_every=3")
    assert said.code == 2
    for words in (
        "rate is 0.5 there and 0.1 here",
        "seed is 3 there and 4 here",
        "motion.name",
        "force=true",
    ):
        assert words in said.err
    assert "checkpoint_every" not in said.err
    assert result(toys) == before


def test_force_begins_from_nothing(toys: Studio) -> None:
    toys(*TOY)
    first = record(toys)
    (folder(toys) / "result/left.txt").write_text("from before")
    assert toys(*TOY, "seed=4", "force=true").code == 0
    assert record(toys)["key"] != first["key"]
    assert not (folder(toys) / "result/left.txt").exists()
    assert losses(toys)[0] == (1, 2.0)


def test_a_folder_of_something_else_is_left_alone(toys: Studio) -> None:
    toys.write("runs/training/mine/thesis.txt", "years of work")
    said = toys(*TOY)
    assert said.code == 2
    assert "no readable record" in said.err
    assert (folder(toys) / "thesis.txt").is_file()


def test_a_failed_training_says_why_in_a_sentence_and_goes_on(toys: Studio) -> None:
    said = toys(*TOY, "stumbles_at=5")
    assert said.code == 3
    assert "the training failed (ZeroDivisionError: the toy stumbled)" in said.err
    assert "Traceback" not in said.err
    assert "Traceback" in (folder(toys) / "log.txt").read_text()
    assert (record(toys)["state"], record(toys)["step"]) == ("failed", 5)
    assert "failed  ZeroDivisionError: the toy stumbled" in toys("status").out
    assert toys(*TOY).code == 0
    assert [step for step, _ in losses(toys)] == list(range(1, 9)), "steps made again have one line"
    assert record(toys)["error"] is None


def wait_for_step(studio: Studio, step: int, process: subprocess.Popen[str]) -> None:
    path, end = folder(studio) / "losses.jsonl", time.monotonic() + 60
    while not path.is_file() or len(path.read_text().splitlines()) < step:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_an_interrupted_training_keeps_its_checkpoint_and_says_how_to_go_on(
    toys: Studio, how: signal.Signals
) -> None:
    process = toys.spawn(*TOY, "nap=0.1", "steps=600")
    wait_for_step(toys, 5, process)
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "go on from the last checkpoint with" in out
    assert "animorch train mode=toy data.folder=clips" in out
    assert record(toys)["state"] == "interrupted"
    assert toys(*TOY, "nap=0").code == 0
    toys(*TOY, "name=whole")
    assert losses(toys)[: len(losses(toys, "whole"))] == losses(toys, "whole")


def test_a_killed_training_goes_on_as_if_nothing_had_happened(toys: Studio) -> None:
    process = toys.spawn(*TOY, "nap=0.1", "steps=30")
    wait_for_step(toys, 5, process)
    process.kill()
    process.communicate(timeout=60)
    with (folder(toys) / "losses.jsonl").open("a") as stream:
        stream.write('{"step": 9')  # a line torn by the kill
    assert toys(*TOY, "steps=30").code == 0
    toys(*TOY, "steps=30", "name=whole")
    assert losses(toys) == losses(toys, "whole")
    assert result(toys) == result(toys, "whole")


def test_two_processes_do_not_train_one_folder(toys: Studio) -> None:
    process = toys.spawn(*TOY, "nap=0.1", "steps=600")
    wait_for_step(toys, 1, process)
    said = toys(*TOY, "nap=0.1", "steps=600")
    process.terminate()
    process.communicate(timeout=60)
    assert said.code == 2
    assert "another animorch is training" in said.err


def test_notes_of_the_trainer_are_shown_and_kept(toys: Studio) -> None:
    said = toys(*TOY, "seed=13", "quiet=true")
    assert "13 is said to be unlucky" in said.err
    assert "step 1/8" not in said.err
    assert "13 is said to be unlucky" in (folder(toys) / "log.txt").read_text()


def test_a_choice_that_somebody_wrote_is_never_overwritten(toys: Studio) -> None:
    theirs = toys.write("conf/motion/mine.toml", 'name = "mine"\n')
    said = toys(*TOY)
    assert said.code == 2
    assert "mine.toml, which animorch train did not write" in said.err
    assert theirs.read_text() == 'name = "mine"\n'
    assert not (toys.folder / "runs").exists()


def test_a_choice_that_was_taken_meanwhile_is_left_in_the_run(toys: Studio) -> None:
    process = toys.spawn(*TOY, "nap=0.2")
    wait_for_step(toys, 1, process)
    theirs = toys.write("conf/motion/mine.yaml", "# mine\n")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert theirs.read_text() == "# mine\n"
    assert "written runs/training/mine/mine.yaml" in out


def test_the_names_of_shipped_choices_are_taken(toys: Studio) -> None:
    assert "motion=v15_v2 stands for" in toys(*TOY, "name=v15_v2").err
    assert "checkpoint=sd15 stands for" in toys(*TOY, "name=sd15").err


def test_a_trainer_without_a_choice_only_says_how_to_use_it(toys: Studio) -> None:
    said = toys("train", "mode=toy_base", "name=base", "tracking.enabled=false")
    assert said.code == 0, said.err
    assert "use it  animorch checkpoint=local" in said.out
    assert not (toys.folder / "conf").exists()


def test_start_weights_can_be_left_out_where_the_mode_allows(toys: Studio) -> None:
    words = ("train", "mode=toy_started", "tracking.enabled=false")
    assert toys(*words, "name=bare", "checkpoint=null").code == 0
    assert toys(*words, "name=started", "checkpoint=sd15").code == 0
    found = yaml.safe_load((folder(toys, "bare") / "config.yaml").read_text())
    assert found["checkpoint"] is None
    found = yaml.safe_load((folder(toys, "started") / "config.yaml").read_text())
    assert found["checkpoint"]["name"] == "sd15"


def test_a_motion_module_brings_the_checkpoint_that_it_was_trained_on(toys: Studio) -> None:
    words = ("train", "mode=toy_started", "tracking.enabled=false")
    assert toys(*words, "name=on_sd15", "checkpoint=sd15").code == 0
    assert toys(*words, "name=on_file", "checkpoint=local", "checkpoint.path=clips").code == 0
    assert yaml.safe_load(toys("--cfg", "job", "motion=on_sd15").out)["checkpoint"]["name"] == "sd15"
    assert "defaults" not in (toys.folder / "conf/motion/on_file.yaml").read_text()


def test_a_training_is_listed_by_status(toys: Studio) -> None:
    toys(*TOY)
    assert "training, mode toy: finished, 8 of 8 steps" in toys("status").out


def test_a_recipe_chooses_mode_options_and_name(toys: Studio) -> None:
    toys.write(
        "conf/recipe/quick.yaml",
        "# @package _global_\ndefaults:\n  - override /mode: toy\n  - override /motion: v15\n"
        "name: quick\nsteps: 3\ndata: {folder: clips, options: {size: 4}}\n",
    )
    said = toys("train", "recipe=quick", "tracking.enabled=false", "rate=0.25")
    assert said.code == 0, said.err
    options = yaml.safe_load((folder(toys, "quick") / "config.yaml").read_text())
    assert (options["steps"], options["rate"], options["data"]["options"]) == (3, 0.25, {"size": 4})
    assert options["motion"]["name"] == "v15"
