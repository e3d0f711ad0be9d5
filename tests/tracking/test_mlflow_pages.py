"""MLflow's real pages in a real browser: axes in the table, a clip that plays, series, the page.

Slow, and skipped with its reason where there is no browser. With ANIMORCH_SHOTS=FOLDER the pictures of the
docs are written there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from animorch.commands.dashboard import free_port
from animorch.tracking import default_uri
from tests.conftest import Studio
from tests.tracking.conftest import Look

pytestmark = pytest.mark.slow
_SERIES = "[...document.querySelectorAll('.js-plotly-plot')].some(p => p.data.some(t => t.x?.length >= 7))"
_PLAY = """async () => { const video = document.querySelector('video'); video.muted = true;
await video.play(); await new Promise(done => setTimeout(done, 700));
return [video.videoWidth, video.currentTime] }"""


@pytest.fixture
def site(studio: Studio, template: Path) -> Iterator[str]:
    """The address of `animorch dashboard` over a small sweep."""
    (studio.folder / "runs").mkdir()
    (studio.folder / "runs/mlflow.db").write_bytes(template.read_bytes())
    words = ("backend=testcard", "width=64", "height=64", "frames=8", "steps=2", "metrics=[temporal_flicker]")
    assert studio(*words, "-m", "cfg=4,7", "seed=1,2").code == 0
    port = free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "animorch", "dashboard", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(address)
            yield address
        finally:
            server.send_signal(2)


def _wait(address: str) -> None:
    for _ in range(120):
        try:
            with urlopen(address + "/health"):
                return
        except URLError:
            time.sleep(0.5)
    pytest.fail("MLflow's server did not start in a minute")


@pytest.fixture
def shot() -> Callable[[Any, str], None]:
    folder = os.environ.get("ANIMORCH_SHOTS")

    def shot(page: Any, name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"mlflow-{name}.png")

    return shot


def test_mlflow_shows_the_axes_plays_the_clip_draws_the_series_and_opens_the_page(
    studio: Studio,
    site: str,
    browser: Any,
    shot: Callable[[Any, str], None],
) -> None:
    look = Look(default_uri(studio.folder / "runs"))
    parent = look.parent()
    child = next(run for run in look.runs() if run.info.run_id != parent.info.run_id)
    base = f"{site}/#/experiments/{parent.info.experiment_id}/runs"
    page = browser.new_page(viewport={"width": 1700, "height": 800})
    page.set_default_timeout(60_000)

    page.goto(f"{base}/{child.info.run_id}/artifacts/clip.mp4")
    page.wait_for_selector("[aria-label=Close]", timeout=60_000)
    page.locator("[aria-label=Close]").last.click()  # MLflow's assistant
    page.wait_for_function("(v => v && v.readyState >= 2)(document.querySelector('video'))", timeout=60_000)
    width, played = page.evaluate(_PLAY)
    assert (width, played > 0.3) == (64, True)
    shot(page, "video")

    page.goto(f"{base}/{child.info.run_id}/model-metrics")
    page.get_by_placeholder("Search metric charts").fill("temporal_flicker_by_pair")  # so that it is in sight
    page.wait_for_function(_SERIES)
    shot(page, "series")

    page.goto(f"{base}/{parent.info.run_id}/artifacts/index.html")
    tiles = page.frame_locator("iframe").locator(".tile[data-frame]")
    tiles.nth(3).wait_for()
    assert tiles.count() == 4
    shot(page, "page")

    page.goto(base)
    page.locator("[data-testid=column-selection-dropdown]").first.click()
    for axis in ("cfg", "seed"):
        page.get_by_placeholder("Search columns").fill(axis)
        title = re.compile(f"^{axis}$")
        page.locator(".du-bois-light-tree-title").filter(has_text=title).first.click()
    page.keyboard.press("Escape")
    page.locator(".ag-cell-wrapper button").first.click()  # the sweep's clips
    for axis in ("cfg", "seed"):
        page.locator(".ag-header-cell").get_by_text(axis, exact=True).wait_for()
    shot(page, "runs")
