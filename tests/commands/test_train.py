"""The words of `animorch train`: help, flags and bad input."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

from tests.conftest import Studio

HEAVY = ("torch", "mlflow", "diffusers", "transformers", "pandas", "numpy", "PIL", "imageio_ffmpeg")
CASES = {
    "an unknown key": (["stepz=4"], "did you mean steps?"),
    "an unknown nested key": (["validation.evry=4"], "did you mean every?"),
    "a key of an open table without its plus": (["data.options.size=4"], "write +data.options.size=VALUE"),
    "an added key that nothing reads": (["+glow=1"], "glow is not a known key"),
    "a wrong value": (["rate=0"], "rate=0: input should be greater than 0"),
    "a wrong nested value": (["validation.every=-1"], "validation.every=-1"),
    "a missing value": (["~data.folder"], "data.folder"),
    "a mode that is not there": (["mode=toi"], "mode can be:"),
    "a recipe that is not there": (["recipe=none"], "recipe can be: embedded_hop"),
    "a motion module that is not there": (["motion=v99"], "motion can be:"),
    "no mode": (["mode=null"], "a group takes the name of one of its choices"),
    "several values": (["steps=1,2"], "repeat it with another name"),
    "a sweep": (["-m"], "train has no sweeps"),
    "a flag of Hydra's": (["--info"], "train has no option --info"),
    "a word": (["motion"], "'motion' is not KEY=VALUE"),
    "start weights that the mode does not take": (["checkpoint=sd15"], "leave it out"),
    "a name that is no word": (["name=a/b"], "name='a/b'"),
    "what the trainer refuses": (["data.folder=none"], "data.folder=none is not there"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_sentence_and_no_folder(toys: Studio, case: str) -> None:
    words, expected = CASES[case]
    said = toys("train", "mode=toy", "data.folder=clips", *words)
    assert said.code == 2, said
    assert expected in said.err
    assert "Traceback" not in said.err
    assert not (toys.folder / "runs").exists()


def test_every_problem_is_told_not_only_the_first(toys: Studio) -> None:
    said = toys("train", "mode=toy", "data.folder=clips", "rate=0", "steps=x").err
    assert "rate=0" in said
    assert "steps='x'" in said


def test_a_missing_value_is_named(toys: Studio) -> None:
    assert "data.folder has no value yet" in toys("train", "mode=toy").err


def test_help_explains_the_keys_of_the_chosen_mode(toys: Studio) -> None:
    said = toys("train", "mode=toy", "--help", "rate=0.25").out
    for row in (
        "rate=0.25",
        "Learning rate.",
        "data.folder=???",
        "validation.every=0",
        "motion=calm",
        "tracking.uri",
    ):
        assert row in said
    assert "size=" not in said
    assert "checkpoint  " not in said, "toy starts from no checkpoint"
    assert "How large." in toys("train", "--help", "mode=toy_base").out


def test_the_composed_config_is_printed(toys: Studio) -> None:
    found = yaml.safe_load(toys("train", "mode=toy", "--cfg", "job", "steps=3").out)
    assert (found["mode"], found["steps"], found["data"]["folder"]) == ("toy", 3, "???")
    assert "checkpoint" not in found


def test_another_primary_config_in_a_further_folder(toys: Studio) -> None:
    toys.write(
        "lab/long.yaml",
        "defaults: [{checkpoint: sd15}, {motion: v15}, {mode: toy}, _self_]\n"
        "name: long\nruns: runs\nsteps: 99\n",
    )
    found = yaml.safe_load(toys("train", "--config-dir", "lab", "--config-name", "long", "--cfg", "job").out)
    assert (found["steps"], found["motion"]["name"]) == (99, "v15")


def test_the_schema_of_a_modes_recipes(toys: Studio) -> None:
    schema = json.loads(toys("schema", "--train", "toy").out)
    assert {"steps", "data", "motion", "name", "tracking", "defaults"} <= schema["properties"].keys()
    assert "required" not in json.dumps(schema)
    assert "mode=toi is not installed; did you mean toy?" in toys("schema", "--train", "toi").err


def test_the_general_help_names_modes_and_recipes(toys: Studio) -> None:
    said = toys("--help").out
    assert "toy_base" in said
    assert "embedded_vae" in said


@pytest.mark.parametrize("words", [["--help"], ["--cfg", "job"], ["data.folder=none"]], ids=" ".join)
def test_help_and_refusals_import_nothing_heavy(toys: Studio, words: list[str]) -> None:
    probe = (
        "import sys; from animorch.cli import main; main(sys.argv[1:]); "
        f"print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, "train", "mode=toy", *words],
        cwd=toys.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip().endswith("[]"), done.stderr
