"""The A1111 backend keeps the contract of backends, on a double: no field is dropped silently."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from a1111_session import FILES, QUICK
from animorch_a1111.backend import A1111Backend
from PIL import Image

from animorch.testing import BackendContract
from tests.doubles.a1111 import Double, Stock


class TestA1111(BackendContract):
    plugin = A1111Backend
    options: ClassVar[dict[str, Any]] = {}
    version: ClassVar[str] = "v2"
    pictures: Path

    @pytest.fixture(autouse=True)
    def _server(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        self.pictures, self.made = tmp_path, []
        for name, colour in (("photo", "teal"), ("mask", "white"), ("edges", "silver")):
            picture = Image.new("RGB", (64, 48), colour)
            picture.paste("black", (0, 0, 20, 20))
            picture.save(tmp_path / f"{name}.png")
        with Double(version=self.version, stock=Stock(controls=("canny [e3fe7712]",))) as double:
            monkeypatch.setattr(type(self), "options", {"url": double.url, "models": FILES, **QUICK})
            yield
            for backend in self.made:
                backend.close()
        assert double.state.options == double.state.options_at_start

    def make(self) -> Any:
        self.made.append(super().make())
        return self.made[-1]

    def changes(self) -> dict[str, Any]:
        """Pictures that are there; everything else by its name alone, as on a server."""
        return super().changes() | {
            "init": {"path": str(self.pictures / "photo.png"), "strength": 0.5},
            "mask": {"path": str(self.pictures / "mask.png")},
            "controlnets": [{"name": "canny", "pictures": str(self.pictures / "edges.png")}],
        }


class TestA1111WithTheFirstExtension(TestA1111):
    version = "v1.13.1"

    def changes(self) -> dict[str, Any]:
        """It reads motion LoRAs of the original layout only."""
        return super().changes() | {"motion_loras": [{"name": "pan_left"}]}
