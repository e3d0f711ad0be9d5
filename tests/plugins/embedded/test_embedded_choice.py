"""The embedded model is the default, and every other motion module brings its own checkpoint."""

from __future__ import annotations

import json
from typing import Any

import pytest

from animorch.registry import offers
from tests.conftest import Studio

SIZE = ("frames", "steps", "cfg", "sampler", "schedule", "width", "height")
MINE = 'defaults = [{"override /checkpoint@_global_.checkpoint" = "sdxl"}]\nname = "mine"\nbase = "sdxl"\n'


def chosen(studio: Studio, *words: str) -> list[tuple[str, str]]:
    """Checkpoint and motion module of every planned point."""
    said = studio("plan", "--json", "backend=testcard", *words)
    assert said.code == 0, said.out + said.err
    assert studio("-m", *words, "backend=testcard", "width=32", "height=32", "frames=2", "metrics=[]",
                  "tracking.enabled=false", "grid=false").code == 0  # fmt: skip
    found = [json.loads(path.read_text()) for path in studio.folder.glob("runs/*/*/*/experiment.json")]
    return sorted((each["checkpoint"]["name"], each["motion"]["name"]) for each in found)


def planned(studio: Studio, *words: str) -> dict[str, Any]:
    said = studio("plan", *words)
    return {"code": said.code, "text": said.out + said.err}


def test_the_default_is_the_embedded_model_at_its_own_settings(studio: Studio) -> None:
    said = studio("plan", "-m", "cfg=4,7,10")
    assert said.code == 0, said.out
    assert "steps=10, sampler=ddim, schedule=normal, width=64, height=64 by motion" in said.out
    assert "to render 3" in said.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["motion=v15_v2"], [("sd15", "v15_v2")]),
        (["motion=sdxl_beta"], [("sdxl", "sdxl_beta")]),
        (["motion=lively"], [("embedded", "lively")]),
        (["-m", "motion=calm,v15_v2,sdxl_beta"],
         [("embedded", "calm"), ("sd15", "v15_v2"), ("sdxl", "sdxl_beta")]),
        (["-m", "motion=glob(l*ly)", "cfg=4"], [("embedded", "lively")]),
        (["-m", "+sweep.axes.look={a:{motion:v3},b:{motion:lively}}"],
         [("embedded", "lively"), ("sd15", "v3")]),
        (["motion=v3", "checkpoint=local", "checkpoint.path=model.ckpt"], [("local", "v3")]),
        (["checkpoint=local", "checkpoint.path=model.ckpt", "motion=v3"], [("local", "v3")]),
        (["experiment=yaml"], [("sd15", "lightning_4")]),
        (["experiment=yaml", "motion=calm"], [("embedded", "calm")]),
        (["experiment=toml"], [("sdxl", "sdxl_beta")]),
        (["motion=mine"], [("sdxl", "mine")]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value[0], str) else "",
)  # fmt: skip
def test_a_motion_module_brings_the_checkpoint_of_its_base(
    studio: Studio, words: list[str], expected: list[tuple[str, str]]
) -> None:
    studio.write("model.ckpt", "weights")
    studio.write("conf/motion/mine.toml", MINE)
    header = "# @package _global_\n"
    studio.write("conf/experiment/yaml.yaml", header + "defaults:\n  - override /motion: lightning_4\n")
    studio.write("conf/experiment/toml.toml", header + 'defaults = [{"override /motion" = "sdxl_beta"}]\n')
    sweep = [word for word in words if word != "-m"]
    assert chosen(studio, *(["-m"] if "-m" in words else []), *sweep) == expected


def test_a_checkpoint_alone_is_told_which_motion_modules_animate_it(studio: Studio) -> None:
    said = studio("plan", "checkpoint=sd15")
    assert said.code == 2
    assert "for sd15 there is motion=animatelcm, lightning_1" in said.out
    assert "for motion=calm checkpoint=embedded" in said.out
    assert "calm," not in said.out.partition("there is motion=")[2]


def test_rerun_with_a_module_of_another_base_takes_its_checkpoint_along(studio: Studio) -> None:
    assert studio.small("cfg=4").code == 0
    (clip,) = studio.folder.glob("runs/default/*/*/clip.mp4")
    words = ["rerun", str(clip), "tracking.enabled=false", "runs=again"]
    assert studio(*words, "motion=v15_v2").code == 0
    (found,) = studio.folder.glob("again/default/*/*/experiment.json")
    spec = json.loads(found.read_text())
    assert (spec["checkpoint"]["name"], spec["motion"]["name"]) == ("sd15", "v15_v2")
    assert "for embedded there is" in studio(*words, "motion=v15_v2", "checkpoint=embedded").err


def test_without_the_libraries_the_default_says_what_to_install_and_what_to_try(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    from animorch_diffusers import refusals

    monkeypatch.setattr(refusals, "installed", lambda package: None)
    said = studio("-m", "cfg=4,7,10", "motion=v15_v2")
    assert said.code == 2
    (problem,) = said.err.splitlines()[1:]
    assert "pip install 'animorch[diffusers]'" in problem
    assert "backend=testcard" in problem
    assert not list(studio.folder.rglob("record.json"))


@pytest.mark.parametrize("cores", ["1", "2", "8"])
def test_the_embedded_model_has_one_key_on_machines_of_other_core_counts(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, cores: str
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", cores)
    backend = offers("backend")["diffusers"](device="cpu")
    specs = {}
    for word in ("motion=calm", "motion=v15_v2"):
        from animorch import composed

        specs[word] = composed([word]).spec
    assert backend.numerics(specs["motion=calm"]) == {"threads": 1}
    assert backend.numerics(specs["motion=v15_v2"]) == {"threads": int(cores)}
    asked = offers("backend")["diffusers"](device="cpu", threads=3)
    assert asked.numerics(specs["motion=calm"]) == {"threads": 3}
