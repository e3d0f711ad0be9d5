"""The ComfyUI backend keeps the contract that every backend keeps, with a double to send graphs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from animorch_comfyui import ComfyUIBackend
from comfyui_serving import HURRY
from PIL import Image

from animorch import RenderSpec
from animorch.testing import BackendContract, small_spec
from tests.doubles.comfyui import Double


class TestComfyUI(BackendContract):
    plugin = ComfyUIBackend

    @pytest.fixture(autouse=True)
    def _server(self, double: Double, tmp_path: Path) -> Any:
        self.options = {**HURRY, "url": double.url}
        self.folder = tmp_path
        yield
        self.make().close()

    def spec(self, **changes: Any) -> RenderSpec:
        return small_spec(**{"steps": 2} | changes)

    def changes(self) -> dict[str, Any]:
        photo, mask = self.picture("photo.png", (200, 40, 10)), self.picture("mask.png", (255, 255, 255))
        return super().changes() | {
            "checkpoint": {"name": "random_sd15", "base": "sd15"},
            "steps": 3,
            "vae": {"name": "vae-ft-mse-840000-ema-pruned"},
            "width": 72,
            "embeddings": [{"name": "badhands"}],
            "init": {"path": photo, "strength": 0.5},
            "mask": {"path": mask},
            "controlnets": [{"name": "canny", "pictures": photo}],
            "sparse_control": {"name": "rgb", "keyframes": {0: photo}},
            "ip_adapters": [{"name": "plus", "images": [photo]}],
            "regions": [{"prompt": "a paper boat", "mask": mask}],
        }

    def picture(self, name: str, colour: tuple[int, int, int]) -> str:
        Image.new("RGB", (64, 64), colour).save(self.folder / name)
        return str(self.folder / name)
