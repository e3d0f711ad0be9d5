"""Every trainer keeps the house's contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from animorch_diffusers import BaseImage, BaseMotion, BaseVae, Motion, MotionLora, StyleLora
from options import run

from animorch.testing import TrainerContract

pytest.importorskip("torch")


class Tuned(TrainerContract):
    @pytest.fixture(autouse=True)
    def _options(self, weights: Path, small: Path) -> None:
        trainer: Any = run(self.plugin.name, weights, small, batch=1, steps=4)
        type(self).options = trainer.model_dump(mode="json")


class TestMotion(Tuned):
    plugin = Motion


class TestMotionLora(Tuned):
    plugin = MotionLora


class TestStyleLora(Tuned):
    plugin = StyleLora


class TestBaseVae(Tuned):
    plugin = BaseVae


class TestBaseImage(Tuned):
    plugin = BaseImage


class TestBaseMotion(Tuned):
    plugin = BaseMotion
