"""What is wrong with a training is said before its first step, in a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from options import DATA, run
from pydantic import ValidationError

pytest.importorskip("torch")

MODES = ["motion", "motion_lora", "style_lora", "base_vae", "base_text", "base_image", "base_motion"]


def test_the_trainers_are_offered_and_load_no_torch() -> None:
    code = (
        "import sys, animorch_diffusers as plugin;"
        "print([cls.name for cls in plugin.animorch_trainers()], 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{MODES} False"


@pytest.mark.parametrize("mode", MODES)
def test_a_good_run_has_no_problems(mode: str, weights: Path, small: Path) -> None:
    assert run(mode, weights, small).preflight() == []


@pytest.mark.parametrize(
    ("mode", "changes", "said"),
    [
        ("motion", {"data": {}}, "neither is set; set one, as in data.folder=clips"),
        ("motion", {"data": DATA | {"folder": "clips"}}, "both are set"),
        ("motion", {"data": {"source": "nowhere:clips"}}, "data.source=nowhere:clips cannot be imported"),
        ("motion", {"device": "cuda"}, "device=cuda was asked for"),
        ("motion", {"precision": "fp16"}, "precision=fp16 needs CUDA and the device here is cpu"),
        ("motion", {"optimiser": {"name": "adamw8bit"}}, "optimiser.name=adamw8bit needs CUDA"),
        ("motion", {"optimiser": {"name": "adamw8bit"}}, "needs bitsandbytes, not installed here"),
        ("motion", {"validation": {"every": 5}}, "validation.every=5 has nothing to render"),
        ("motion", {"validation": {"frames": 64}}, "validation.frames=64 is more than the 32 positions"),
        ("motion", {"validation": {"width": 60}}, "validation.width=60 is not a multiple of 8"),
        (
            "motion",
            {"checkpoint": {"name": "gone", "base": "sd15", "path": "/nowhere/at/all"}},
            "there is no file or folder at /nowhere/at/all",
        ),
        ("motion", {"motion": {"name": "m", "base": "sdxl", "repo": "a/b"}}, "animates sdxl checkpoints"),
        ("motion", {"motion": {"name": "m", "base": "sd15"}}, "motion=m has neither a path nor a repo"),
        ("style_lora", {"checkpoint": {"name": "x", "base": "sdxl", "path": "/"}}, "cannot be trained yet"),
        ("base_image", {"vae": "/nowhere"}, "vae=/nowhere has no config.json"),
        ("base_image", {"start": "/nowhere"}, "start=/nowhere has no model"),
        ("base_image", {"unet": {}}, "mode=base_image needs unet and text (their configs), or a start"),
        ("base_image", {"zero_snr": True, "prediction": "epsilon"}, "set prediction=v_prediction"),
        ("base_motion", {"adapter": {}}, "mode=base_motion needs a motion module"),
        ("base_vae", {"start": "/nowhere"}, "start=/nowhere has no config.json"),
    ],
)
def test_a_problem_is_said_before_the_first_step(
    mode: str, changes: dict[str, Any], said: str, weights: Path, small: Path
) -> None:
    problems = run(mode, weights, small, **changes).preflight()
    assert any(said in problem for problem in problems), problems


def test_stride_and_fps_exclude_each_other(weights: Path) -> None:
    with pytest.raises(ValidationError, match="both choose the frames"):
        run("motion", weights, data={"folder": "clips", "fps": 8, "stride": 2})


def test_every_option_has_a_help_text() -> None:
    import animorch_diffusers as plugin

    for cls in plugin.animorch_trainers():
        lacking = [name for name, field in cls.model_fields.items() if not field.description]
        assert lacking == [], cls


def test_an_eight_bit_optimiser_without_its_library_ends_in_a_sentence() -> None:
    from animorch_diffusers.training.optimiser import optimiser_of
    from animorch_diffusers.training.recipe import Optimiser

    from animorch import TrainingError

    with pytest.raises(TrainingError, match="bitsandbytes cannot be loaded"):
        optimiser_of(Optimiser(name="adamw8bit"), [])
