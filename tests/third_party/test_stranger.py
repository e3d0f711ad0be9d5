"""A stranger's project is installed beside animorch and found, without a line of animorch changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent / "project"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the stranger's wheel was installed into."""
    folder = tmp_path_factory.mktemp("stranger")
    shutil.copytree(PROJECT, folder / "project")
    words = [
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--disable-pip-version-check",
    ]
    command = [sys.executable, "-m", "pip", *words, "--target", str(folder / "site"), str(folder / "project")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def python(target: Path, code: str) -> str:
    env = os.environ | {"PYTHONPATH": str(target)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_its_backend_and_its_metric_are_offered_beside_ours(target: Path) -> None:
    code = "from animorch.registry import offers; print(*offers('backend'), '|', *offers('metrics'))"
    backends, metrics = (part.split() for part in python(target, code).split("|"))
    assert {"plain", "testcard"} <= set(backends)
    assert {"redness", "motion_amount"} <= set(metrics)


def test_its_backend_renders_and_its_metric_measures(target: Path) -> None:
    code = """
from animorch.registry import make
from animorch.testing import small_spec
clip = make("backend", "plain", {"red": 51}).render(small_spec(), lambda step, total: None)
print(clip.frames.shape, make("metrics", "redness", {}).measure(clip, small_spec()))
"""
    assert python(target, code) == "(6, 48, 64, 3) {'redness': 0.2}"


def test_it_keeps_the_contracts_of_its_kinds(target: Path, tmp_path: Path) -> None:
    """The very lines that the docs give an author: a metric passes; a backend that drops fields does not."""
    (tmp_path / "test_theirs.py").write_text(
        "from animorch_stranger import Plain, Redness\n"
        "from animorch.testing import BackendContract, MetricContract\n"
        "class TestRedness(MetricContract):\n    plugin = Redness\n"
        "class TestPlain(BackendContract):\n    plugin = Plain\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    env = os.environ | {"PYTHONPATH": str(target)}
    done = subprocess.run(words, capture_output=True, text=True, env=env, cwd=tmp_path)
    assert "1 failed" in done.stdout, done.stdout
    assert "was dropped silently; honour it, or refuse it in unsupported()" in done.stdout


def test_without_it_nothing_of_it_is_left() -> None:
    code = "from animorch.registry import offers; print('plain' in offers('backend'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
