"""Training: one training's folder as one MLflow run of the experiment `training`, brought in line at will."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from animorch.runs.names import CONFIG, LOG, LOSSES, RECORD, TRAINING, VALIDATION
from animorch.runs.training import TrainingRecord, read_losses, read_options, read_training
from animorch.tracking import inputs
from animorch.tracking.child import ms, split
from animorch.tracking.measures import Measurement
from animorch.tracking.names import legal, tag_value
from animorch.tracking.params import params
from animorch.tracking.store import Store, settled, speaking

KEY, SHOWN, _ERROR = "animorch.training_key", "animorch.record", "animorch.error"
_ENDS = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED", "running": "KILLED"}
_BATCH = 1000  # metrics that MLflow takes at once
_TURN = 300.0  # seconds to wait for another process that projects the same training


class TrainingProjection:
    """Keeps the open store and what it was sent, so that bringing again costs only what is new."""

    def __init__(self, folder: Path, uri: str | None, afresh: bool = False) -> None:
        """afresh: send artifacts again that MLflow says it has, for when they were lost."""
        self.folder, self.uri, self._afresh = folder, settled(uri, folder), afresh
        self._store: Store | None = None
        self._run = ""  # empty until the store was looked through
        self._sent: set[tuple[str, int]] = set()  # metric and step
        self._clips: set[str] = set()  # artifact paths

    @property
    def run(self) -> str:
        """The run's id; empty until it was found or made."""
        return self._run

    def in_step(self) -> bool:
        """Never sure: asking the folder costs as much as bringing it."""
        return False

    def bring(self, *, closed: bool) -> str | None:
        """Send what is new; `closed` says that the sitting is over, and the run gets its files and its end.

        Returns MLflow's word for how it stands; None without a record. Raises TrackingError.
        """
        record = read_training(self.folder)
        if record is None:
            return None
        with speaking(self.uri), FileLock(str(self.folder / ".tracking.lock"), timeout=_TURN):
            try:
                return self._bring(record, closed)
            except BaseException:
                self._run = ""  # look through the store again next time
                raise

    def _bring(self, record: TrainingRecord, closed: bool) -> str:
        store = self._store = self._store or Store(self.uri)
        digest, ended = _digest(self.folder), _ENDS[record.state]
        if not self._run:
            run = self._found(store, record)
            shown = run.info.status == ended and run.data.tags.get(SHOWN) == digest
            if closed and shown and not self._afresh:
                return ended
            self._begin(store, run)
        self._send_numbers(store)
        self._send_clips(store)
        if not closed:
            return "RUNNING"
        self._end(store, record, digest, ended)
        return ended

    def _found(self, store: Store, record: TrainingRecord) -> Any:
        """The training's run by its tag, or a new one."""
        experiment = store.experiment(TRAINING)
        for run in store.runs(experiment, KEY, record.key):
            return run
        tags = {
            KEY: record.key,
            "animorch.mode": record.mode,
            "animorch.folder": self.folder.name,
            "mlflow.source.name": "animorch",
        }
        return store.client.create_run(experiment, ms(record.started), tags, record.name)

    def _begin(self, store: Store, run: Any) -> None:
        """Params, and what the run shows already."""
        run_id = str(run.info.run_id)
        if run.info.status != "RUNNING":
            store.client.update_run(run_id, status="RUNNING")
        if _ERROR in run.data.tags:
            store.client.delete_tag(run_id, _ERROR)
        options = read_options(self.folder) or {}
        found = params(options)
        fresh, changed = split(found.values, run.data.params)
        store.log(run_id, [], fresh, changed, at=0)
        store.link(run_id, inputs.clips(options))
        for path, text in found.spilled.items():
            store.client.log_text(run_id, text, path)
        self._sent = {
            (key, metric.step)
            for key in run.data.metrics
            for metric in store.client.get_metric_history(run_id, key)
        }
        self._clips = (
            set()
            if self._afresh
            else {
                clip.path
                for step in store.client.list_artifacts(run_id, VALIDATION)
                for clip in store.client.list_artifacts(run_id, step.path)
            }
        )
        self._run = run_id

    def _send_numbers(self, store: Store) -> None:
        fresh = [item for item in _numbers(self.folder) if (item[0].key, item[0].step) not in self._sent]
        for start in range(0, len(fresh), _BATCH):
            store.log_timed(self._run, fresh[start : start + _BATCH])
        self._sent |= {(number.key, number.step) for number, _ in fresh}

    def _send_clips(self, store: Store) -> None:
        for path in sorted((self.folder / VALIDATION).glob("*/[!.]*.mp4")):
            place = path.relative_to(self.folder).as_posix()
            if place not in self._clips:
                store.client.log_artifact(self._run, str(path), str(Path(place).parent.as_posix()))
                self._clips.add(place)

    def _end(self, store: Store, record: TrainingRecord, digest: str, ended: str) -> None:
        for name in (CONFIG, LOSSES, LOG, RECORD):
            if (self.folder / name).is_file():
                store.client.log_artifact(self._run, str(self.folder / name))
        tags = {f"env.{key}": value for key, value in record.environment.items()}
        tags |= {_ERROR: record.error} if record.error else {}
        tags |= {"animorch.sittings": str(record.sittings), "animorch.trainer_version": record.version}
        tags[SHOWN] = digest
        store.log(self._run, [], {}, {legal(key): tag_value(value) for key, value in tags.items()}, at=0)
        store.client.set_terminated(self._run, ended, ms(record.ended or datetime.now(UTC)))


def _numbers(folder: Path) -> Iterator[tuple[Measurement, int]]:
    """Every number of losses.jsonl with the time (ms) at which it was logged."""
    for line in read_losses(folder):
        try:
            at = ms(datetime.fromisoformat(line.get("time", "")))
        except (TypeError, ValueError):
            at = 0
        for key, value in line.items():
            if key != "step" and isinstance(value, (int, float)):
                yield Measurement(legal(key), float(value), line["step"]), at


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / RECORD).read_bytes()).hexdigest()
