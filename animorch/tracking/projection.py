"""Projection: one sweep's folder as a parent run with one child a point, brought in line at will."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from filelock import FileLock

from animorch.runs.sweep import SweepPlan, read_plan
from animorch.tracking import child, parent
from animorch.tracking.child import PARENT, POINT, RECORD, SWEEP
from animorch.tracking.disk import Disk, Point
from animorch.tracking.ledger import Ledger, Sent, in_step, read_ledger, write_ledger
from animorch.tracking.store import Store, settled, speaking

_TURN = 300.0  # seconds to wait for another process that projects the same sweep


def project(folder: Path, uri: str | None, *, closed: bool, afresh: bool = False) -> Ledger:
    """Bring MLflow in line with a sweep's folder; doing it again changes nothing.

    `closed` says that the sweep is over: the parent run gets its files and its end. `afresh` sends again
    what MLflow says it has, for when its artifacts were lost.
    Raises TrackingError when the store cannot be reached, UsageError when there is no plan.
    """
    return Projection(folder, uri, afresh).bring(closed=closed)


class Projection:
    """Keeps the open store and the runs found in it, so that bringing again costs only what is new."""

    def __init__(self, folder: Path, uri: str | None, afresh: bool = False) -> None:
        self.folder, self.uri, self._afresh = folder, settled(uri, folder), afresh
        self.disk = Disk(folder)
        self._store: Store | None = None
        self._experiment = ""
        self._parent: str | None = None  # None until the store was looked through
        self._sent: dict[str, Sent] = {}  # what the store shows; digest "" for a run left half-way

    @property
    def run(self) -> str:
        """The parent's id; empty until it was found or made."""
        return self._parent or ""

    def in_step(self) -> bool:
        """Whether there is nothing to bring, answered without mlflow."""
        return in_step(self.folder, self.uri, self.disk)

    def bring(self, *, closed: bool) -> Ledger:
        """As `project`. The ledger is written also when the store fails half-way."""
        plan = read_plan(self.folder)
        with speaking(self.uri), FileLock(str(self.folder / ".tracking.lock"), timeout=_TURN):
            ledger = read_ledger(self.folder, self.uri)
            before = ledger.model_dump_json()
            try:
                self._bring(plan, ledger, closed)
            except BaseException:
                self._parent = None  # look through the store again next time
                raise
            finally:
                if ledger.model_dump_json() != before:
                    write_ledger(self.folder, self.uri, ledger)
            return ledger

    def _bring(self, plan: SweepPlan, ledger: Ledger, closed: bool) -> None:
        store = self._store = self._store or Store(self.uri)
        points = self.disk.points(plan)
        if self._parent is None:
            self._look_through(store, plan, ledger, points)
        news = self._send(store, plan, ledger, points)
        if closed:
            parent.close(store, self.folder, plan, points, ledger, news)
        elif ledger.status != "RUNNING":
            store.client.update_run(self._parent, status="RUNNING")
            ledger.status = "RUNNING"

    def _look_through(self, store: Store, plan: SweepPlan, ledger: Ledger, points: dict[str, Point]) -> None:
        """Find the sweep's runs by their tags, or make the parent; the ledger follows what is there."""
        self._experiment = store.experiment(plan.name)
        top, children = self._found(store, plan)
        top = top or parent.create(store, self._experiment, self.folder, plan, points)
        parent.settle(store, top, plan)
        own = str(top.info.run_id)
        for run in children:
            if run.data.tags.get(PARENT) != own:  # its parent was deleted
                store.client.set_tag(run.info.run_id, PARENT, own)
        if ledger.parent != own or self._afresh:
            ledger.artifacts = {}
        ledger.parent, ledger.status = own, top.info.status
        ledger.children = {key: sent for key, sent in self._sent.items() if sent.digest and key in points}
        self._parent = own

    def _found(self, store: Store, plan: SweepPlan) -> tuple[Any, list[Any]]:
        """The parent run, None if there is none, and one child a point: of doubles the oldest."""
        top, children, self._sent = None, [], {}
        for run in store.runs(self._experiment, SWEEP, plan.key):
            key = run.data.tags.get(POINT)
            if key is None:
                top = top or run
            elif key not in self._sent:
                self._sent[key] = Sent(run=run.info.run_id, digest="" if self._afresh else _digest(run))
                children.append(run)
        return top, children

    def _send(self, store: Store, plan: SweepPlan, ledger: Ledger, points: dict[str, Point]) -> bool:
        """Send each point whose record the store does not show; whether there was any."""
        news = False
        for key, point in points.items():
            sent = self._sent.get(key)
            if sent is None or sent.digest != point.digest:
                run = child.send(
                    store, self._experiment, str(self._parent), plan, point, sent.run if sent else None
                )
                self._sent[key] = Sent(run=run, digest=point.digest)
                news = True
            ledger.children[key] = self._sent[key]
        for gone in ledger.children.keys() - points.keys():
            del ledger.children[gone]
        return news


def _digest(run: Any) -> str:
    """Of the record a child shows; a run still RUNNING was left half-way, so it shows none."""
    return "" if run.info.status == "RUNNING" else str(run.data.tags.get(RECORD, ""))
