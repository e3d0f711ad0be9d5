"""A real browser that opens pages from disk, and sweeps whose pixels say what is seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from animorch import Clip
from animorch.compare.viewer import build_viewer
from animorch.runs.sweep import PlannedPoint, SweepPlan
from tests.compare.handmade_sweep import finish, plan_of

FRAMES = 16
NINE = {"prompt": ["a red fox", "a paper boat", "</script><b>bold</b>"], "cfg": ["4", "7", "10"]}


def coded(cell: int, frames: int = FRAMES, side: int = 32, fps: float = 8) -> Clip:
    """A clip whose red is the frame (8 + 15 each) and whose green is the cell (20 + 24 each, from 0 to 8)."""
    levels = [(8 + 15 * (frame % 16), 20 + 24 * (cell % 9), 60) for frame in range(frames)]
    return Clip(
        np.broadcast_to(np.array(levels, np.uint8)[:, None, None], (frames, side, side, 3)).copy(), fps
    )


def exhibit(folder: Path, point: PlannedPoint, clip: Clip, number: int = 0, key: str | None = None) -> Path:
    """A finished point with numbers and a configuration."""
    home = finish(folder, point, clip, key)
    series = {"motion_by_pair": [frame / 10 for frame in range(len(clip) - 1)]}
    (home / "metrics.json").write_text(json.dumps({"final": {"motion": number / 10, **series}}))
    spec = {"prompt": point.coordinates.get("prompt", "a fox"), "cfg": float(point.coordinates.get("cfg", 7))}
    backend = {"backend": {"name": "testcard"}, "output": {"fps": clip.fps}, "seed": 0}
    (home / "experiment.json").write_text(json.dumps(spec | backend))
    return home


def exhibit_all(folder: Path, plan: SweepPlan, clip_of: Callable[[int], Clip] = coded) -> SweepPlan:
    for number, point in enumerate(plan.points):
        if point.state == "planned":
            exhibit(folder, point, clip_of(number), number)
    return plan


@pytest.fixture(scope="session")
def nine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a whole 3×3 sweep."""
    folder = tmp_path_factory.mktemp("nine")
    return build_viewer(folder, exhibit_all(folder, plan_of(NINE))).path


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page from disk; it must ask for no other file and raise no error."""
    contexts, wrong = [], []

    def visit(path: Path, state: str = "", frames: int = 1, **wishes: Any) -> Any:
        usual = {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"}
        usual |= {"bypass_csp": True}  # the page allows no eval, with which playwright waits
        context = browser.new_context(**(usual | wishes))
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked: wrong.append(asked.url) if not _own(asked.url, path) else None)
        page.goto(path.absolute().as_uri() + (f"#{state}" if state else ""))
        page.locator(".tile[data-frame]").nth(frames - 1).wait_for(state="attached")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not wrong


def _own(url: str, path: Path) -> bool:
    return url.split("#")[0] == path.absolute().as_uri() or url.startswith(("blob:", "data:"))
