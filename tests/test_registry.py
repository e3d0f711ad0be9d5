"""The registry with real entry points: small distributions in a folder, each test in its own process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

METRIC = """
from animorch import Metric, hookimpl
class Mine(Metric):
    name = "{name}"
    def measure(self, clip, spec):
        return {{"{name}": 1.0}}
@hookimpl
def animorch_metrics():
    return [Mine]
"""


def install(site: Path, module: str, code: str) -> None:
    """What pip leaves behind for a distribution of one module that is an animorch plugin."""
    (site / f"{module}.py").write_text(dedent(code))
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[animorch]\n{module} = {module}\n")


def python(site: Path, code: str) -> tuple[str, str]:
    """What a fresh process prints, and the last line it says on stderr."""
    code = f"from animorch.registry import *\nfrom animorch import *\n{dedent(code)}"
    env = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    return done.stdout.strip(), done.stderr.strip().splitlines()[-1] if done.stderr else ""


def test_two_offers_of_one_name_are_refused_and_both_are_named(tmp_path: Path) -> None:
    install(tmp_path, "first_plugin", METRIC.format(name="shine"))
    install(tmp_path, "second_plugin", METRIC.format(name="shine"))
    _, said = python(tmp_path, "offers('metrics')")
    for words in ("PluginError", "'shine'", "first_plugin.Mine", "second_plugin.Mine", "uninstall one"):
        assert words in said


def test_a_name_of_ours_cannot_be_taken_over(tmp_path: Path) -> None:
    install(tmp_path, "thief", METRIC.format(name="motion_amount"))
    _, said = python(tmp_path, "offers('metrics')")
    assert "thief.Mine" in said
    assert "animorch_metrics.motion.MotionAmount" in said


def test_a_plugin_whose_import_fails_is_named_and_the_others_work(tmp_path: Path) -> None:
    install(tmp_path, "broken_plugin", "import no_such_library")
    install(tmp_path, "good_plugin", METRIC.format(name="shine"))
    out, said = python(tmp_path, "print('shine' in offers('metrics'), 'testcard' in offers('backend'))")
    assert out == "True True"
    assert "broken_plugin" in said
    assert "no_such_library" in said


@pytest.mark.parametrize(
    "failure", ["raise SystemError('no')", "1 / 0", "def x(:", "import sys; sys.exit(3)"]
)
def test_an_import_may_fail_in_any_way(tmp_path: Path, failure: str) -> None:
    install(tmp_path, "broken_plugin", failure)
    out, said = python(tmp_path, "print('testcard' in offers('backend'))")
    assert out == "True"
    assert "broken_plugin left out" in said


def test_a_misspelt_hook_is_refused_with_the_plugin_s_name(tmp_path: Path) -> None:
    install(tmp_path, "careless", METRIC.format(name="shine").replace("animorch_metrics", "animorch_metrix"))
    _, said = python(tmp_path, "plugins()")
    for words in ("PluginError", "plugin careless", "animorch_metrix", "correct the hook's name"):
        assert words in said
    assert "<module" not in said


def test_a_hook_that_wants_arguments_is_refused_with_the_plugin_s_name(tmp_path: Path) -> None:
    code = METRIC.format(name="shine").replace("animorch_metrics()", "animorch_metrics(clip)")
    install(tmp_path, "careless", code)
    _, said = python(tmp_path, "offers('metrics')")
    assert "PluginError" in said
    assert "careless" in said


def test_an_offer_without_a_name_is_refused(tmp_path: Path) -> None:
    install(tmp_path, "careless", METRIC.format(name="shine").replace('name = "shine"', "pass"))
    _, said = python(tmp_path, "offers('metrics')")
    assert "PluginError" in said
    assert "careless.Mine" in said


def test_an_unknown_name_gets_the_closest_one() -> None:
    _, said = python(Path(), "make('backend', 'testcrad', {})")
    assert "UsageError" in said
    assert "did you mean testcard?" in said


def test_a_name_like_no_other_gets_the_list() -> None:
    _, said = python(Path(), "make('metrics', 'zzz', {})")
    assert "motion_amount" in said
    assert "did you mean" not in said


def test_every_wrong_option_is_named_at_once() -> None:
    _, said = python(Path(), "make('post', 'boomerang', {'loops': 0, 'lops': 1})")
    assert "post.boomerang.loops=0" in said
    assert "post.boomerang.lops is not a known key" in said


def test_defaults_are_the_name_and_every_option(tmp_path: Path) -> None:
    code = """
    from pydantic import Field
    class Needs(Metric):
        name = "needs"
        weights: str = Field(description="A file.")
        size: int = 3
        def measure(self, clip, spec): ...
    print(defaults(Needs), defaults(offers('post')['boomerang']))
    """
    out, _ = python(tmp_path, code)
    expected = "{'name': 'needs', 'weights': '???', 'size': 3} {'name': 'boomerang', 'loops': 1}"
    assert out == expected
