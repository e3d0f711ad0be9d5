"""Bad input gets one clear sentence, never a traceback, and no run is made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import Studio

CASES = {
    "an unknown key": (["cfgg=4"], "did you mean cfg"),
    "an unknown swept key": (["-m", "cfgg=4,7"], "did you mean cfg"),
    "an unknown option of a plugin": (["backend.glow=1"], "backend.glow=1"),
    "an added key that nothing reads": (["+glow=1"], "glow is not a known key"),
    "a word where a number belongs": (["cfg=high"], "valid number"),
    "a fraction of a step": (["steps=2.5"], "steps=2.5"),
    "no fps": (["output.fps=0"], "greater than 0"),
    "a negative count": (["frames=-1"], "frames=-1"),
    "a random seed": (["seed=-1"], "seed=1234"),
    "a seed beyond 64 bits": (["seed=18446744073709551616"], "18446744073709551615"),
    "a flag for a key after others": (["-m", "steps=3", "--cfg", "4"], "write cfg=4"),
    "an output key without its group": (["fps=8"], "did you mean output.fps"),
    "a new axis without its plus": (["-m", "sweep.axes.foo=[1,2]"], "+sweep.axes.foo"),
    "a swept setting": (["-m", "quiet=true,false"], "changes no clip"),
    "a swept name": (["-m", "name=a,b"], "changes no clip"),
    "a name of ours": (["name=store"], "choose another"),
    "a window key without its length": (["window.closed_loop=true"], "no effect without window.length"),
    "an expression that fails on its values": (
        ["-m", "cfg=4,7", 'only="prompt[5000]==1"'],
        "not an expression",
    ),
    "flags that do not go together": (["-m", "--cfg", "job", "cfg=4,7"], "--cfg"),
    "experiments that sweep apart": (["-m", "experiment=looks,travel"], "run it apart"),
    "a prompt cut at its comma in a sweep": (
        ["-m", "prompt=a cat, sitting"],
        """'prompt="a cat, sitting"'""",
    ),
    "a prompt with a comma": (["prompt=a cat, sitting"], """'prompt="a cat, sitting"'"""),
    "a prompt with parentheses": (["prompt=a (cat:1.2)"], """'prompt="a (cat:1.2)"'"""),
    "a flag for a key": (["--cfg", "4"], "write cfg=4"),
    "a flag for a key with an equals sign": (["--cfg=4"], "write cfg=4"),
    "a sweep without -m": (["cfg=4,7"], "add -m"),
    "a word that is no command": (["render"], "neither a command"),
    "a motion module that is not there": (["motion=v99"], "motion can be: animatelcm"),
    "a backend that is not installed": (["backend=maya"], "backend can be:"),
    "a post-step that is not installed": (["post=[zoom]"], "post can be: "),
    "a motion module on a wrong base": (
        ["motion=sdxl_beta", "checkpoint=sd15"],
        "animates checkpoints of base sdxl",
    ),
    "a checkpoint without a motion module of its base": (["checkpoint=sdxl"], "motion=hotshot_xl, sdxl_beta"),
    "a missing weight file": (["motion=local", "motion.path=none.ckpt"], "there is no file or folder at"),
    "a choice without its path": (["checkpoint=local"], "checkpoint.path has no value yet"),
    "more frames than the table": (["frames=64"], "let windows slide over them: window.length=16"),
    "a window that never moves": (["window.length=4", "window.overlap=4"], "lower window.overlap"),
    "a travel key that is none": (["prompt_travel={soon:a}"], "is not a frame"),
    "a travel key in quotes": (['prompt_travel={"50%": a}'], "write keys without"),
    "a travel key outside the clip": (["prompt_travel={99:a}"], "outside a clip of 4 frames"),
    "an unknown format": (["output.formats=[avi]"], "output.formats.0"),
    "a name that is no folder": (["name=a/b"], "name="),
    "an empty sweep": (["-m", "motion=glob(zz*)"], "finds nothing"),
    "a sweep that is too large": (["-m", "seed=range(0,5000)"], "sweep.max_points"),
    "everything excluded": (["-m", "cfg=4,7", "sweep.exclude=[{when:'cfg>0',because:x}]"], "no point left"),
    "axes in the config without -m": (["+sweep.axes.cfg=[4,7]"], "add -m"),
    "a prompt file that is missing": (["-m", "sweep.prompts=none.txt"], "cannot be read"),
    "a selection of nothing": (["-m", "cfg=4,7", "only=9"], "matches none"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_sentence_and_no_run(studio: Studio, case: str) -> None:
    words, expected = CASES[case]
    said = studio(*words) if words[0] == "render" or words[0].startswith("--cfg") else studio.small(*words)
    assert said.code == 2, said
    assert expected in said.err
    assert "Traceback" not in said.err
    assert not list((studio.folder / "runs").rglob("record.json"))


def test_every_problem_is_told_not_only_the_first(studio: Studio) -> None:
    words = ["checkpoint=sd15", "motion=v15,sdxl_beta,hotshot_xl", "cfg=4,-7", "output.fps=0"]
    said = studio("-m", *words)
    assert said.code == 2
    for expected in ("cfg=-7", "sdxl_beta animates", "hotshot_xl animates", "output.fps=0"):
        assert expected in said.err
    assert "6 of 6 points" in said.err


def test_invalid_points_can_be_left_out_and_keep_their_cell(studio: Studio) -> None:
    said = studio.small("-m", "checkpoint=sd15", "motion=v15,sdxl_beta", "sweep.skip_invalid=true")
    assert said.code == 0, said.err
    assert "1 rendered, 0 kept, 1 left out" in said.out
    assert [point.state for point in studio.plan().points] == ["planned", "invalid"]


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc").exists(), reason="needs an unwritable folder")
def test_an_unwritable_runs_folder_is_told_before_anything_renders(studio: Studio) -> None:
    runs = "/proc/runs" if os.geteuid() == 0 else str(studio.folder / "locked")
    if os.geteuid() != 0:
        (studio.folder / "locked").mkdir(mode=0o500)
        runs += "/runs"
    said = studio("cfg=4", f"runs={runs}")
    assert said.code == 2
    assert "cannot be written" in said.err


def test_a_file_where_the_runs_folder_should_be_is_told(studio: Studio) -> None:
    studio.write("runs", "a file")
    said = studio.small("cfg=4")
    assert said.code == 2
    assert "cannot be written" in said.err


@pytest.mark.parametrize("content", [b"", b"not a video at all", b"\0\0\0\x18ftypmp42" + b"\0" * 64])
def test_rerun_of_what_is_no_clip_of_ours_is_told(studio: Studio, content: bytes) -> None:
    (studio.folder / "x.mp4").write_bytes(content)
    said = studio("rerun", "x.mp4")
    assert said.code == 2
    assert "x.mp4" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("said", ["5", "[]", "{}", "{", '{"experiment": 3}'])
def test_rerun_of_json_that_is_no_experiment_is_told(studio: Studio, said: str) -> None:
    studio.write("x.json", said)
    answer = studio("rerun", "x.json")
    assert answer.code == 2
    assert "x.json" in answer.err


def test_plan_refuses_flags_that_are_not_its_own(studio: Studio) -> None:
    assert "write cfg=4" in studio("plan", "--cfg", "4").err
    assert "plan has no option --fps" in studio("plan", "--fps").err


def test_a_file_in_the_way_of_a_sweep_is_told(studio: Studio) -> None:
    studio.write("runs/default", "a file")
    said = studio.small("cfg=4")
    assert said.code == 3
    assert "could not be written" in said.err
    assert "Traceback" not in said.err


def test_rerun_of_a_missing_file_is_told(studio: Studio) -> None:
    assert "there is no file" in studio("rerun", "none.mp4").err
