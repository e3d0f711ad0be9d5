"""Seconds per point that MLflow costs: animorch's projection beside one call a value.

    python benchmarks/tracking.py [POINTS]

Both send the same params, metrics, tags and files to a fresh SQLite store of their own. The ratio
is what to read: seconds are of the machine and of what runs beside it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image

from animorch.runs.record import Record, facts
from animorch.runs.sweep import PlannedAxis, PlannedPoint, SweepPlan, read_plan
from animorch.spec.experiment import Experiment
from animorch.tracking import Writer, default_uri, in_step, project
from animorch.tracking.child import experiment_of
from animorch.tracking.disk import Disk
from animorch.tracking.measures import measurements
from animorch.tracking.params import params
from animorch.tracking.store import Store

FRAMES, SERIES, CLIP_BYTES = 16, 4, 300_000
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def sweep(runs: Path, points: int) -> Path:
    """A finished sweep's folder of `points` points."""
    values = tuple(str(place) for place in range(points))
    folder = runs / "default" / "benchmark0"
    planned = (
        PlannedPoint(coordinates={"cfg": value}, state="planned", folder=value, point_key=f"point-{value}")
        for value in values
    )
    axes = (PlannedAxis(name="cfg", values=values),)
    SweepPlan(
        name="default",
        key="benchmark0",
        command=("-m",),
        axes=axes,
        points=tuple(planned),
        fps=8,
        animorch="0",
    ).save(folder)
    for value in values:
        point(folder / value, value)
    return folder


def point(folder: Path, value: str) -> None:
    """A finished point's folder: 4 series of 16 frames, a 300 KB clip, a 512 px poster."""
    folder.mkdir(parents=True)
    weights = {"name": "some", "base": "sd15"}
    whole = Experiment.model_validate({"checkpoint": weights, "motion": weights, "cfg": float(value)})
    (folder / "experiment.json").write_text(whole.model_dump_json())
    random = np.random.default_rng(int(value))
    final = {f"series_{place}": random.random(FRAMES).tolist() for place in range(SERIES)}
    (folder / "metrics.json").write_text(json.dumps({"final": final}))
    (folder / "clip.mp4").write_bytes(random.bytes(CLIP_BYTES))
    ramp = np.linspace(0, 255, 512 * 512 * 3).reshape(512, 512, 3)
    Image.fromarray(ramp.astype(np.uint8)).save(folder / "poster.png")
    Record(
        status="finished",
        point_key=f"point-{value}",
        render_key="render",
        started=NOON - timedelta(seconds=20),
        finished=NOON,
        seconds={"render": 20.0},
        rendered=True,
        files=facts(folder),
    ).save(folder)


def warm_up(place: Path) -> None:
    """First use compiles SQL; neither side is to pay for it."""
    one_call_a_value(place / "naive warm-up" / "default" / "benchmark0")
    project(place / "ours warm-up" / "default" / "benchmark0", None, closed=True)


def one_call_a_value(folder: Path) -> None:
    """What a script with log_param, log_metric and log_artifact does, files and values the same."""
    store = Store(default_uri(folder.parent.parent))
    experiment = store.experiment("naive")
    for found in Disk(folder).points(read_plan(folder)).values():
        run = store.client.create_run(experiment).info.run_id
        for key, text in params(experiment_of(found.folder)).values.items():
            store.client.log_param(run, key, text)
        for item in measurements(found.record, found.folder):
            store.client.log_metric(run, item.key, item.value, step=item.step)
        for path in found.folder.iterdir():
            store.client.log_artifact(run, str(path))
        with Image.open(found.folder / "poster.png") as image:
            store.client.log_image(run, image, key="poster", step=0, synchronous=True)
        store.client.set_terminated(run)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(points: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        for name in ("naive warm-up", "ours warm-up", "naive", "ours"):
            sweep(Path(place) / name, 1 if "warm" in name else points)
        folders = [Path(place) / name / "default" / "benchmark0" for name in ("naive", "ours")]
        for folder in folders:
            Store(default_uri(folder.parent.parent))  # a database is made once, so that is not counted
        warm_up(Path(place))
        naive = seconds(lambda: one_call_a_value(folders[0])) / points
        ours = seconds(lambda: project(folders[1], None, closed=True)) / points
        again = seconds(lambda: project(folders[1], None, closed=True))
        step = seconds(lambda: in_step(folders[1], None))
        nudge = nudged(folders[1])
    print(f"{points} points of {FRAMES} frames, {SERIES} series each, SQLite")
    print(f"one call a value    {naive * 1000:8.1f} ms a point")
    print(f"project()           {ours * 1000:8.1f} ms a point   {naive / ours:.1f} times less")
    print(f"project() again     {again * 1000:8.1f} ms in all")
    print(f"in_step()           {step * 1000:8.1f} ms in all")
    print(f"Writer.nudge()      {nudge * 1e6:8.1f} µs, the worst of 1000")


def nudged(folder: Path) -> float:
    writer = Writer(folder, None)
    worst = max(seconds(writer.nudge) for _ in range(1000))
    writer.close()
    return worst


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
