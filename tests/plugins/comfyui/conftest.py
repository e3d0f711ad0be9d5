"""What the tests of the ComfyUI backend work with: a ledger of their own, and a double to send graphs to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.comfyui import Double


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, in which this test's ledger of jobs is."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("ANIMORCH_COMFYUI_TOKEN", "ANIMORCH_COMFYUI_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache"


@pytest.fixture
def double(cache: Path) -> Iterator[Double]:
    with Double() as server:
        yield server
