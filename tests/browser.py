"""Browser: a headless Chromium, one for all tests that look at pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def _program() -> str | None:
    asked = os.environ.get("ANIMORCH_BROWSER")
    return asked or next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; a test that asks for it is skipped, with the reason, where there is none."""
    driver = pytest.importorskip("playwright.sync_api", reason="no browser: playwright is not installed")
    with driver.sync_playwright() as play:
        rooted = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        try:
            program = play.chromium.launch(executable_path=_program(), args=rooted)
        except driver.Error as error:
            pytest.skip(f"no browser: Chromium does not start ({str(error).splitlines()[0]})")
        yield program
        program.close()
