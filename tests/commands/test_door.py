"""The door: help, light start-up, and words that are not Hydra's."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress

import pytest

from animorch.registry import offers
from tests.conftest import Studio

HEAVY = ("torch", "mlflow", "diffusers", "transformers", "pandas", "numpy", "PIL", "imageio_ffmpeg")


@pytest.mark.parametrize(
    "words",
    [["--help"], ["plan", "-m", "seed=range(0,1000)"], ["plan", "motion=v15_v2"], ["status"], ["schema"]],
    ids=" ".join,
)
def test_light_commands_import_nothing_heavy(studio: Studio, words: list[str]) -> None:
    probe = (
        "import sys; from animorch.cli import main; main(sys.argv[1:]); "
        f"print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *words], cwd=studio.folder, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip().endswith("[]"), done.stderr


def test_help_names_every_command_choice_and_key(studio: Studio) -> None:
    said = studio("--help").out
    for name in [
        *offers("command"),
        *offers("backend"),
        *offers("metrics"),
        "v15_v2",
        "negative_prompt",
        "only",
    ]:
        assert name in said


def test_every_command_explains_itself(studio: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    for name in offers("command"):
        said = ""
        with suppress(SystemExit):  # argparse prints and exits
            said = studio(name, "--help").out
        assert f"animorch {name}" in said + capsys.readouterr().out


def test_the_version_is_printed(studio: Studio) -> None:
    assert studio("--version").out.startswith("animorch ")


def test_hydras_own_flags_still_work(studio: Studio) -> None:
    assert "cfg: 4" in studio("--cfg", "job", "cfg=4").out
    process = studio.spawn("--info", "defaults")  # Hydra leaves a log handler behind: not in this process
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "motion/calm" in out


def test_the_plan_says_what_is_done_and_what_the_rest_costs(studio: Studio) -> None:
    small = ("backend=testcard", "width=64", "height=48", "frames=4", "steps=2")
    figures = json.loads(studio("plan", "--json", "-m", "cfg=1,7", *small).out)["cost"]
    assert figures["to_render"] == 2
    assert figures["unet_calls"] == 2 * 1 + 2 * 2, "no guidance is half the work"
    studio("cfg=7", *small, "tracking.enabled=false")
    figures = json.loads(studio("plan", "--json", "-m", "cfg=1,7", *small).out)["cost"]
    assert (figures["to_render"], figures["reused"]) == (1, 1)


def test_status_lists_sweeps_with_their_state(studio: Studio) -> None:
    assert "no sweep yet" in studio("status").out
    studio.small("-m", "cfg=4,7")
    assert "cfg (2): 2 finished" in studio("status").out


@pytest.mark.parametrize("word", ["steps=0", "motion=local"])
def test_a_refusal_of_one_clip_begins_with_our_own_words(studio: Studio, word: str) -> None:
    said = studio.small(word)
    assert said.code == 2
    assert said.err.startswith("animorch: ")
