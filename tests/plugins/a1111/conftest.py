"""A cache of the test's own, and none of the person's credentials."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("ANIMORCH_A1111_AUTH", "ANIMORCH_A1111_HEADERS"):
        monkeypatch.delenv(name, raising=False)
