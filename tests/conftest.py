"""A folder to work in and the command line to work with, as a person has them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from animorch import registry
from animorch.cli import main
from animorch.runs.sweep import SweepPlan, read_plan, sweep_folders
from tests.browser import browser

__all__ = ["browser"]  # a fixture, offered to every test below

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two torch threads on two shared cores wait for each other
os.environ.pop("ANIMORCH_MODELS", None)  # the person's own weights are none of the tests'
TOY = Path(__file__).parent / "training/animorch_toy.py"
SMALL = ("backend=testcard", "width=64", "height=48", "frames=4", "steps=2")


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


@dataclass
class Studio:
    """An empty folder with the `animorch` command in it."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Said:
        """Run a command in this process."""
        self.capture.readouterr()
        code = main(list(words))
        captured = self.capture.readouterr()
        return Said(code, captured.out, captured.err)

    def small(self, *words: str) -> Said:
        """Run a render with small frames and without MLflow."""
        return self(*SMALL, "tracking.enabled=false", *words)

    def spawn(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "animorch", *words],
            cwd=self.folder,
            env=os.environ | environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def write(self, path: str, text: str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def sweeps(self) -> list[Path]:
        return sweep_folders(self.folder / "runs")

    def plan(self) -> SweepPlan:
        """The plan of the only sweep."""
        (folder,) = self.sweeps()
        return read_plan(folder)

    @staticmethod
    def plan_of(sweep: Path) -> SweepPlan:
        return read_plan(sweep)

    def records(self) -> list[dict[str, Any]]:
        """Every record of the only sweep, in the plan's order."""
        (folder,) = self.sweeps()
        paths = [folder / point.folder / "record.json" for point in self.plan().points if point.folder]
        return [json.loads(path.read_text()) for path in paths if path.is_file()]


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Studio:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Studio(tmp_path, capsys)


@pytest.fixture
def toys(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A studio with the folder clips/, where a stranger's trainers (`mode=toy`) are installed."""
    (studio.folder / "clips").mkdir()
    with installed(TOY, studio, monkeypatch):
        yield studio


@contextmanager
def installed(module: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module installed as a stranger's plugin, in this process and in those that it starts."""
    site = studio.folder / "site"
    info = site / f"{module.stem}-1.0.dist-info"
    info.mkdir(parents=True)
    shutil.copy(module, site)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module.stem}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[animorch]\n{module.stem} = {module.stem}\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))
    _forget_plugins()
    yield
    sys.modules.pop(module.stem, None)
    _forget_plugins()


def _forget_plugins() -> None:
    registry.plugins.cache_clear()
    registry.offers.cache_clear()
