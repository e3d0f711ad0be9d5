"""The viewer against a plain page of <video>: python benchmarks/viewer.py [CELLS] [SIDE]

Both pages hold the same finished clips (16 frames, SIDE pixels) in one file: the viewer as WebP sheets made
from the lossless frames, the plain page as the clips' mp4 files in base64, which are encoded here too since
a sweep may not have asked for mp4. Printed per cell: CPU seconds of this process and the programs that it
starts, and bytes. Where playwright and a Chromium are there, also what a person gets: UI frames a second
while all play, how many play at all, and how far apart they are after 5 s (in clip frames).
"""

from __future__ import annotations

import base64
import json
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from animorch import Clip
from animorch.compare.viewer import build_viewer
from animorch.media import decode, encode
from animorch.runs.record import Record
from animorch.runs.sweep import PlannedAxis, PlannedPoint, SweepPlan

FRAMES, FPS = 16, 8
RATE = """() => new Promise((done) => { let count = 0, first; const tick = (now) => { first ??= now;
  if (now - first > 5000) return done(count / (now - first) * 1000); count++; requestAnimationFrame(tick); };
  requestAnimationFrame(tick); })"""
OURS = "[...document.querySelectorAll('.tile[data-frame]')].map((tile) => Number(tile.dataset.frame))"
THEIRS = """[...document.querySelectorAll('video')].filter((film) => film.currentTime > 0 && !film.paused)
  .map((film) => film.currentTime * 8)"""


def clip(number: int, side: int) -> Clip:
    """A disc on a gradient with some grain, each on its own orbit."""
    chance = np.random.default_rng(number)
    y, x = np.mgrid[0:side, 0:side] / side
    turn = 2 * np.pi * np.arange(FRAMES)[:, None, None] / FRAMES + number
    disc = np.hypot(x - 0.5 - 0.28 * np.cos(turn), y - 0.5 - 0.28 * np.sin(turn)) < 0.16
    ground = np.stack([40 + 60 * y, 50 + 50 * x, 90 + 70 * y], -1)
    colour = np.array([240, 60 + number * 37 % 160, 60 + number * 91 % 160])
    frames = np.where(disc[..., None], colour, ground) + chance.normal(0, 3, (FRAMES, side, side, 1))
    return Clip(np.clip(frames, 0, 255).astype(np.uint8), FPS)


def sweep(folder: Path, cells: int, side: int) -> SweepPlan:
    """A finished sweep over seeds."""
    seeds, points = [str(number) for number in range(cells)], []
    for number, seed in enumerate(seeds):
        keys = {"point_key": f"point{seed}", "render_key": f"render{seed}"}
        points.append(PlannedPoint(coordinates={"seed": seed}, state="planned", folder=f"cell{seed}", **keys))
        encode(clip(number, side), folder / f"cell{seed}/frames.mkv", {"render_key": keys["render_key"]})
        now = datetime.now(UTC)
        Record(status="finished", started=now, finished=now, rendered=True, **keys).save(
            folder / f"cell{seed}"
        )
    axes = (PlannedAxis(name="seed", values=tuple(seeds)),)
    asked = {"name": "bench", "key": "bench", "command": ("seed=0",), "fps": FPS, "animorch": "0"}
    return SweepPlan(axes=axes, points=tuple(points), **asked)  # type: ignore[arg-type]


def plain_page(folder: Path, plan: SweepPlan) -> Path:
    """Every clip as an mp4 in a <video>, and nothing else."""
    films = []
    for point in plan.points:
        home = folder / str(point.folder)
        encode(decode(home / "frames.mkv"), home / "clip.mp4", {})
        films.append(base64.b64encode((home / "clip.mp4").read_bytes()).decode())
    tags = (
        f'<video muted loop autoplay width=96 src="data:video/mp4;base64,{film}"></video>' for film in films
    )
    path = folder / "plain.html"
    path.write_text("".join(tags), encoding="utf-8")
    return path


def cpu(work: Callable[[], Path]) -> tuple[float, Path]:
    def spent() -> float:
        both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(used.ru_utime + used.ru_stime for used in both)

    before = spent()
    made = work()
    return spent() - before, made


def watched(path: Path, state: str, frames: str) -> dict[str, float]:
    """UI frames a second over 5 s of play, how many clips play, and how far apart they are."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 1200})
        page.goto(path.as_uri() + state)
        page.wait_for_timeout(8000)
        rate, found = page.evaluate(RATE), page.evaluate(frames)
        browser.close()
    apart = [min((frame - found[0]) % FRAMES, (found[0] - frame) % FRAMES) for frame in found]
    return {"ui_fps": round(rate, 1), "playing": len(found), "frames_apart": round(max(apart, default=0), 2)}


def main(cells: int = 200, side: int = 256) -> None:
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        plan = sweep(folder, cells, side)
        sides = {
            "viewer": (lambda: build_viewer(folder, plan).path, "#zoom=0.4", OURS),
            "plain <video> page": (lambda: plain_page(folder, plan), "", THEIRS),
        }
        for name, (work, state, frames) in sides.items():
            seconds, path = cpu(work)
            size = path.stat().st_size
            told = {"cpu_ms_per_cell": round(1000 * seconds / cells), "page_mib": round(size / 2**20, 2)}
            try:
                told |= watched(path, state, frames)
            except ImportError:
                told["browser"] = "not there"
            print(json.dumps({"page": name, "cells": cells, "side": side, **told}), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
