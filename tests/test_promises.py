"""What the README, the docs and the shipped presets promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from animorch import hooks
from animorch.config.training import training
from animorch.registry import offers, plugins
from animorch.testing import moving_clip, small_spec
from tests.conftest import Studio

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLUGINS = (ROOT / "docs/plugins.md").read_text(encoding="utf-8")
HOOKS = [name for name in vars(hooks) if name.startswith("animorch_")]
PRESETS = sorted((ROOT / "conf/experiment").iterdir())
RECIPES = sorted((ROOT / "conf/recipe").iterdir())


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_ci_installs_with_the_readmes_own_test_command() -> None:
    install, _, suite = blocks(README, "sh")[1].strip().rpartition(" && ")
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert install in lines
    assert lines[-1] == suite, "pytest's closing line must be the last words"


def test_the_readmes_first_command_is_the_signature_sweep_with_the_embedded_model(studio: Studio) -> None:
    install, _, sweep = blocks(README, "sh")[0].strip().rpartition(" && .venv/bin/animorch ")
    assert install.endswith("pip install -q -c constraints.txt '.[diffusers]'")
    words = sweep.split()
    assert words == ["-m", "cfg=4,7,10"]
    said = studio("plan", *words).out
    assert "to render 3" in said
    assert "width=64, height=64 by motion" in said
    assert "to render 3" in studio("plan", *words, "motion=v15_v2").out


def test_every_command_named_in_the_readme_exists() -> None:
    named = set(re.findall(r"`(?:\.venv/bin/)?animorch ([a-z]+)(?![a-z=.])", README))
    assert named <= set(offers("command"))


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_and_used_by_a_shipped_plugin(hook: str) -> None:
    assert f"`{hook}()`" in PLUGINS
    assert getattr(plugins().hook, hook).get_hookimpls()


def test_the_plugin_in_the_docs_works() -> None:
    (code,) = blocks(PLUGINS, "python")
    scope: dict[str, object] = {"__name__": "animorch_sharpness"}
    exec(compile(code, "docs/plugins.md", "exec"), scope)
    metric = scope["Sharpness"](every=2)  # type: ignore[operator]
    assert metric.measure(moving_clip(), small_spec())["edge_sharpness"] > 0


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.name)
def test_every_shipped_preset_plans_as_its_own_header_says(studio: Studio, preset: Path) -> None:
    header = preset.read_text(encoding="utf-8").splitlines()[1]
    words = header.partition("`animorch ")[2].rstrip("`").split()
    assert f"experiment={preset.stem}" in words
    said = studio("plan", *words)
    assert said.code == 0, said.out


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_every_shipped_recipe_is_a_valid_training_of_its_own_name(recipe: Path) -> None:
    header = recipe.read_text(encoding="utf-8").splitlines()[1]
    words = header.partition("`animorch train ")[2].rstrip("`").split()
    assert f"recipe={recipe.stem}" in words
    assert training(words).settings.name == recipe.stem
