"""The diffusers backend keeps the contract that every backend keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from animorch_diffusers import DiffusersBackend

from animorch import RenderSpec
from animorch.testing import BackendContract, small_spec


class TestDiffusers(BackendContract):
    plugin = DiffusersBackend
    options = {"device": "cpu", "threads": 1}  # noqa: RUF012

    @pytest.fixture(autouse=True)
    def _files(self, weights: Path) -> None:
        self.files = weights

    def spec(self, **changes: Any) -> RenderSpec:
        return small_spec(**self.given() | {"steps": 2} | changes)

    def given(self) -> dict[str, Any]:
        return {
            "checkpoint": {"name": "tiny", "base": "sd15", "path": str(self.files / "checkpoint")},
            "motion": {"name": "a", "base": "sd15", "path": str(self.files / "motion_a.ckpt")},
        }

    def changes(self) -> dict[str, Any]:
        return super().changes() | {
            "motion": {"name": "b", "base": "sd15", "path": str(self.files / "motion_b.ckpt")},
            "loras": [{"path": str(self.files / "lora_kohya.safetensors")}],
            "motion_loras": [{"path": str(self.files / "motion_lora.ckpt")}],
        }
