"""Real clips of the embedded model: right size, the same seed the same bits, and measured by `eval`."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from runpy import run_path

import pytest
from animorch_embedded.prompts import held_back
from animorch_shapes.words import Triple, held_out, read

from animorch import RenderSpec, composed, make
from tests.conftest import Studio

ROOT = Path(__file__).parents[3]
FEW = ["steps=2", "frames=4"]
ELSEWHERE = """
import hashlib, sys
from animorch import composed, make
clip = make("backend", "diffusers", {}).render(composed(sys.argv[1:]).spec, lambda *_: None)
print(hashlib.sha256(clip.frames.tobytes()).hexdigest())
"""


def rendered(spec: RenderSpec) -> str:
    frames = make("backend", "diffusers", {}).render(spec, lambda step, total: None).frames
    assert frames.shape == (4, 64, 64, 3)
    return hashlib.sha256(frames.tobytes()).hexdigest()


def test_the_same_seed_is_bit_identical_in_another_process_and_seeds_differ() -> None:
    here = rendered(composed([*FEW, "seed=3"]).spec)
    words = [sys.executable, "-c", ELSEWHERE, *FEW, "seed=3"]
    there = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    assert here == there
    assert here != rendered(composed([*FEW, "seed=4"]).spec)


@pytest.mark.parametrize(
    "lora", ["motion_loras=[{}/motion_loras/hop.safetensors:1.0]", "loras=[{}/loras/paper.safetensors:1.0]"]
)
def test_every_lora_changes_the_picture(lora: str) -> None:
    chosen = lora.format("'package:animorch_embedded/weights").replace(":1.0]", ":1.0']")
    assert rendered(composed([*FEW, chosen]).spec) != rendered(composed(FEW).spec)


def test_a_copy_in_the_authors_layout_renders_the_same_clip(tmp_path: Path) -> None:
    """But for position tables, which the copy has exactly and the fp16 folder rounded."""
    from animorch_diffusers.training.original import main

    copy = tmp_path / "calm.safetensors"
    assert main([str(ROOT / "plugins/animorch_embedded/weights/motion/calm"), str(copy)]) == 0
    spec = composed(FEW).spec
    copied = spec.motion.model_copy(update={"path": str(copy)})
    backend = make("backend", "diffusers", {})
    own, other = (
        backend.render(each, lambda step, total: None).frames.astype(int)
        for each in (spec, spec.model_copy(update={"motion": copied}))
    )
    assert abs(own - other).max() <= 4


def test_a_folder_that_is_no_adapter_is_not_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from animorch_diffusers.training.original import main

    assert main([str(tmp_path), str(tmp_path / "made.safetensors")]) == 2
    assert "give the folder of a diffusers motion adapter" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_two_motion_modules_move_differently() -> None:
    calm, lively = (rendered(composed([*FEW, f"motion={name}"]).spec) for name in ("calm", "lively"))
    assert calm != lively


def test_the_record_says_what_loading_took(studio: Studio) -> None:
    said = studio(*FEW, "metrics=[]", "tracking.enabled=false")
    assert said.code == 0, said.err
    (record,) = studio.records()
    assert float(record["environment"]["load_seconds"]) >= 0
    assert float(record["environment"]["import_seconds"]) >= 0


def test_eval_measures_trained_and_unseen_prompts(studio: Studio) -> None:
    said = studio("eval", "embedded", "--count", "1", "--unseen", "--cfg", "1", "7", "--json", *FEW)
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert [(score["prompts"], score["cfg"]) for score in found["scores"]] == [
        ("trained", 1),
        ("trained", 7),
        ("unseen", 1),
        ("unseen", 7),
    ]
    assert found["scores"][0]["right"].keys() == {"background", "colour", "shape", "motion", "all"}
    assert found["load_seconds"] >= 0


def test_eval_prints_a_line_a_score(studio: Studio) -> None:
    said = studio("eval", "embedded", "--count", "2", "backend=testcard", "frames=4", "motion=lively")
    assert said.code == 0, said.err
    assert "trained      7      2" in said.out


def test_eval_refuses_more_prompts_than_there_are(studio: Studio) -> None:
    said = studio("eval", "embedded", "--count", "201")
    assert said.code == 2
    assert "there are 200 prompts" in said.err


@pytest.mark.parametrize("kind", ["trained", "unseen"])
def test_the_prompts_are_what_their_script_writes_and_the_metric_reads_each(kind: str) -> None:
    prompts = held_back(kind)
    assert prompts == run_path(str(ROOT / "benchmarks/eval_prompts.py"))["prompts"](kind == "unseen")
    assert len(set(prompts)) == 200
    for prompt in prompts:
        words = read(prompt)
        assert words is not None, prompt
        assert held_out(Triple(words.colour, words.shape, words.motion or "")) == (kind == "unseen")


@pytest.mark.parametrize(("cfg", "why"), [("nan", "less than"), ("-1", "greater than")])
def test_eval_refuses_the_guidance_that_a_render_refuses(studio: Studio, cfg: str, why: str) -> None:
    said = studio("eval", "embedded", "--count", "1", f"--cfg={cfg}", "backend=testcard")
    assert said.code == 2
    assert why in said.err


def test_eval_takes_changes_behind_the_guidance_values(studio: Studio) -> None:
    said = studio("eval", "embedded", "--count", "1", "--cfg", "3", "7.5", "backend=testcard", "frames=4")
    assert said.code == 0, said.err
    assert [line.split()[:2] for line in said.out.splitlines()[1:]] == [["trained", "3"], ["trained", "7.5"]]
