"""The data in conf/: every file is valid, complete, named as it is called, and says how it is used."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from animorch import Checkpoint, Lora, MotionModule
from animorch.config.training import training
from animorch.spec.experiment import Output
from animorch.spec.model import Frozen
from animorch.spec.render import Recommends

CONF = Path(__file__).parents[1] / "conf"
FILES = sorted(path for path in CONF.rglob("*") if path.suffix in (".yaml", ".toml"))
MODELS: dict[str, type[Frozen]] = {
    "motion": MotionModule,
    "checkpoint": Checkpoint,
    "motion_lora": Lora,
    "lora": Lora,
    "output": Output,
}
DATA = [path for path in FILES if path.relative_to(CONF).parts[0] in MODELS]
MOTION = {
    "v14", "v15", "v15_v2", "stabilized_mid", "stabilized_high", "temporaldiff", "v3",
    "lightning_1", "lightning_2", "lightning_4", "lightning_8", "animatelcm",
    "sdxl_beta", "hotshot_xl", "long_32", "long_64", "local", "calm", "lively",
}  # fmt: skip


def name(path: Path) -> str:
    return path.relative_to(CONF).as_posix()


def read(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    found = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("path", FILES, ids=name)
def test_the_head_of_a_file_says_what_it_is_for_and_the_command(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    said = next(line for line in lines if not line.startswith("# @package"))
    assert re.match(r"# \S.*`animorch [^`]+`", said), said


@pytest.mark.parametrize("path", DATA, ids=name)
def test_a_file_fits_its_model_and_holds_every_key(path: Path) -> None:
    group, found = path.relative_to(CONF).parts[0], read(path)
    model = MODELS[group]
    found.pop("defaults", None)  # Hydra's
    if model is Lora:
        assert found.pop("base") in ("sd15", "sdxl")  # for people; a LoRA's entry has no base
    given = found | ({"path": "given.safetensors"} if found.get("path") == "???" else {})
    model.model_validate(given)
    assert found.keys() == model.model_fields.keys(), "a missing key cannot be overridden on the command line"
    if group == "motion":
        assert found["recommends"].keys() == Recommends.model_fields.keys()


@pytest.mark.parametrize("path", [path for path in DATA if "output" not in path.parts], ids=name)
def test_a_file_is_called_what_it_is_named(path: Path) -> None:
    assert read(path)["name"] == path.stem


@pytest.mark.parametrize("path", [path for path in DATA if "motion" in path.parts], ids=name)
def test_a_motion_module_brings_the_checkpoint_of_its_base(path: Path) -> None:
    module = read(path)
    assert module["defaults"] == [{"override /checkpoint@_global_.checkpoint": module["base"]}]
    assert read(CONF / f"checkpoint/{module['base']}.yaml")["base"] == module["base"]


@pytest.mark.parametrize("path", sorted((CONF / "recipe").iterdir()), ids=name)
def test_a_recipe_is_a_whole_training_of_its_name(path: Path) -> None:
    made = training([f"recipe={path.stem}"])
    assert made.settings.name == path.stem
    assert made.trainer.name == read(path)["defaults"][0]["override /mode"]


def test_every_motion_module_is_there() -> None:
    assert {path.stem for path in DATA if "motion" in path.parts} >= MOTION


@pytest.mark.parametrize("path", [path for path in DATA if "motion" in path.parts], ids=name)
def test_a_published_module_can_be_fetched_and_checked(path: Path) -> None:
    module = read(path)
    if path.stem == "local" or module["base"] == "embedded":
        return
    assert module["repo"].count("/") == 1
    assert module["file"]
    assert module["sha256"]
    assert all(re.fullmatch("[0-9a-f]{64}", sha) for sha in module["sha256"])
    assert module["table"] >= module["trained_frames"]
    assert module["bytes"] is not None or "GB" in module["notes"] or "MB" in module["notes"]


def test_no_two_modules_share_a_file_or_a_hash() -> None:
    published = [module for module in map(read, DATA) if "recommends" in module and module["repo"]]
    shas = [sha for module in published for sha in module["sha256"]]
    files = [(module["repo"], module["file"]) for module in published]
    assert len(set(shas)) == len(shas)
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_lightning_recommends_its_own_number_of_steps(steps: int) -> None:
    wishes = read(CONF / f"motion/lightning_{steps}.yaml")["recommends"]
    made_for = {"steps": steps, "cfg": 1.0, "sampler": "euler", "schedule": "sgm_uniform"}
    assert wishes == made_for | {"width": 512, "height": 512}


@pytest.mark.parametrize(
    ("module", "schedule", "end"),
    [
        ("v15_v2", "linear", 0.012),
        ("sdxl_beta", "scaled_linear", 0.02),
        ("hotshot_xl", "scaled_linear", 0.012),
    ],
)
def test_the_noise_schedule_is_the_one_trained_with(module: str, schedule: str, end: float) -> None:
    found = read(CONF / f"motion/{module}.yaml")
    assert (found["beta_schedule"], found["beta_start"], found["beta_end"]) == (schedule, 0.00085, end)
