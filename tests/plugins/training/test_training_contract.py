"""Every trainer keeps the house's contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from animorch_diffusers import BaseImage, BaseMotion, BaseVae, Motion, MotionLora
from options import run

from animorch.testing import TrainerContract
from animorch.testing.plugin import loaded_by

pytest.importorskip("torch")


class Tuned(TrainerContract):
    @pytest.fixture(autouse=True)
    def _options(self, weights: Path, small: Path) -> None:
        trainer: Any = run(self.plugin.name, weights, small, batch=1, steps=4)
        type(self).options = trainer.model_dump(mode="json")

    def test_preflight_is_light_and_lets_the_suites_own_options_pass(self) -> None:
        """Clips are looked at before the first step, and frames are numpy's; torch has to wait."""
        assert self.make().preflight() == []
        assert set(loaded_by(self.plugin, self.options, "instance.preflight()")) <= {"numpy", "PIL"}


class TestMotion(Tuned):
    plugin = Motion


class TestMotionLora(Tuned):
    plugin = MotionLora


class TestBaseVae(Tuned):
    plugin = BaseVae


class TestBaseImage(Tuned):
    plugin = BaseImage


class TestBaseMotion(Tuned):
    plugin = BaseMotion
