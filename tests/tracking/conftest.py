"""Sweep folders made by hand, and a migrated SQLite store that is copied for each test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from animorch.runs.record import Record, facts
from animorch.runs.sweep import PlannedAxis, PlannedPoint, SweepPlan, journal
from animorch.spec.experiment import Experiment
from animorch.tracking.store import Store, default_uri

QUIET = (  # mlflow's own debts, said in whichever test imports or opens it first
    r"ignore:The ``noload`` loader strategy:DeprecationWarning",
)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Sweep:
    """A sweep's folder over `cfg`, as the commands leave it."""

    def __init__(self, runs: Path, values: tuple[str, ...] = ("4", "7"), key: str = "5weepkey00") -> None:
        self.runs, self.folder, self.key = runs, runs / "default" / key, key
        self.plan = SweepPlan(
            name="default",
            key=key,
            command=("-m", f"cfg={','.join(values)}", "prompt='a fox, running'"),
            axes=(PlannedAxis(name="cfg", values=values),),
            points=tuple(self._planned(value) for value in values),
            fps=8,
            animorch="0.1.0",
        )
        self.plan.save(self.folder)
        journal(self.folder, "planned", points=len(values))

    def _planned(self, value: str) -> PlannedPoint:
        return PlannedPoint(
            coordinates={"cfg": value},
            state="planned",
            folder=f"cfg-{value}",
            point_key=f"{self.key}-{value}",
            render_key=f"render-{value}",
            overrides=(f"cfg={value}",),
        )

    def finish(self, value: str, *, at: datetime = NOON, metrics: Any = None, **fields: Any) -> Path:
        folder = self._folder(value, fields)
        final = metrics or {"flicker": [0.5, 0.25, 0.75], "sharpness": 12.5}
        (folder / "metrics.json").write_text(json.dumps({"final": final, "before_post": {"sharpness": 11}}))
        (folder / "frames.mkv").write_bytes(b"lossless")
        (folder / "clip.mp4").write_bytes(b"clip of " + value.encode())
        (folder / "clip.mp4.json").write_text("{}")
        Image.new("RGB", (64, 48), (200, 90, 20)).save(folder / "poster.png")
        self._record(value, "finished", at, metrics={"sharpness": 12.5})
        return folder

    def fail(self, value: str, error: str = "out of memory", *, at: datetime = NOON) -> Path:
        folder = self._folder(value, {})
        self._record(value, "failed", at, error=error)
        return folder

    def _folder(self, value: str, fields: dict[str, Any]) -> Path:
        folder = self.folder / f"cfg-{value}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        whole = experiment(cfg=float(value), **fields)
        (folder / "experiment.json").write_text(whole.model_dump_json(), encoding="utf-8")
        (folder / "overrides.txt").write_text(f"cfg={value}\n")
        (folder / "log.txt").write_text("rendered\n")
        return folder

    def _record(self, value: str, status: Any, at: datetime, **more: Any) -> None:
        folder = self.folder / f"cfg-{value}"
        Record(
            status=status,
            point_key=f"{self.key}-{value}",
            render_key=f"render-{value}",
            coordinates={"cfg": value},
            started=at - timedelta(seconds=20),
            finished=at,
            seconds={"render": 17.5, "encode": 0.5},
            rendered=True,
            environment={"device": "CPU"},
            files=facts(folder),
            **more,
        ).save(folder)
        journal(self.folder, status, point=f"{self.key}-{value}")

    def picture(self) -> None:
        (self.folder / "grid.mp4").write_bytes(b"grid")
        Image.new("RGB", (32, 32)).save(self.folder / "contact_sheet.png")


def experiment(**fields: Any) -> Experiment:
    weights = {"base": "sd15"}
    return Experiment.model_validate(
        {
            "checkpoint": {"name": "sd15", **weights},
            "motion": {"name": "v15_v2", "beta_schedule": "linear", **weights},
            "prompt": "a fox, running",
            "loras": ["film.safetensors:0.8"],
            **fields,
        }
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            for line in QUIET:
                item.add_marker(pytest.mark.filterwarnings(line))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database: making one takes seconds, copying it none."""
    runs = tmp_path_factory.mktemp("template")
    Store(default_uri(runs))
    return runs / "mlflow.db"


@pytest.fixture(autouse=True)
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


@pytest.fixture
def runs(tmp_path: Path, template: Path) -> Path:
    folder = tmp_path / "runs"
    folder.mkdir()
    shutil.copy(template, folder / "mlflow.db")
    return folder


@pytest.fixture
def sweep(runs: Path) -> Sweep:
    return Sweep(runs)


@pytest.fixture
def look(runs: Path) -> Callable[..., Look]:
    return lambda uri=None: Look(uri or default_uri(runs))


class Look:
    """What MLflow shows, read with its own client."""

    def __init__(self, uri: str) -> None:
        self.client = Store(uri).client

    def runs(self, name: str = "default") -> list[Any]:
        found = self.client.get_experiment_by_name(name)
        return [] if found is None else list(self.client.search_runs([found.experiment_id]))

    def parent(self) -> Any:
        (run,) = [run for run in self.runs() if "animorch.point_key" not in run.data.tags]
        return run

    def children(self) -> dict[str, Any]:
        """By the label of cfg; fails on doubles."""
        children = [run for run in self.runs() if "animorch.point_key" in run.data.tags]
        found = {run.data.tags["axis.cfg"]: run for run in children}
        assert len(found) == len(children)
        return found

    def files(self, run: Any, folder: str | None = None) -> set[str]:
        return {item.path for item in self.client.list_artifacts(run.info.run_id, folder)}

    def history(self, run: Any, key: str) -> list[tuple[int, float]]:
        return [(item.step, item.value) for item in self.client.get_metric_history(run.info.run_id, key)]
