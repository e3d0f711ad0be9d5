"""Ledger: what of a sweep's folder was sent to a store, kept beside the plan."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from animorch.place import write_text
from animorch.runs.sweep import read_plan
from animorch.spec.model import Frozen
from animorch.tracking.disk import Disk, artifacts, status
from animorch.tracking.store import database, settled, shown

LEDGER = "tracking.json"


class Sent(Frozen):
    """One child run, and the digest of the record it was made from."""

    run: str
    digest: str


class Ledger(BaseModel):
    """What one store holds of a sweep. Only a shortcut: it can be lost, the runs carry the same as tags."""

    model_config = ConfigDict(extra="forbid")

    parent: str | None = None
    status: str | None = None  # the parent's, in MLflow's word
    children: dict[str, Sent] = {}
    artifacts: dict[str, str] = {}  # of the parent


class _Ledgers(Frozen):
    stores: dict[str, Ledger] = Field(default={})


def read_ledger(folder: Path, uri: str) -> Ledger:
    """What was sent to this store; an empty ledger when nothing is known."""
    return _read(folder).stores.get(shown(uri)) or Ledger()


def write_ledger(folder: Path, uri: str, ledger: Ledger) -> None:
    """Replace this store's part; the others' stay."""
    stores = _read(folder).stores | {shown(uri): ledger}
    write_text(folder / LEDGER, _Ledgers(stores=stores).model_dump_json(indent=2))


def _read(folder: Path) -> _Ledgers:
    try:
        return _Ledgers.model_validate_json((folder / LEDGER).read_bytes())
    except (OSError, ValidationError):
        return _Ledgers()


def in_step(folder: Path, uri: str | None, disk: Disk | None = None) -> bool:
    """Whether the store was sent all that the folder holds, answered without mlflow.

    What was done to the store since is not seen, except that a SQLite file is gone.
    """
    uri = settled(uri, folder)
    path, ledger = database(uri), read_ledger(folder, uri)
    if ledger.parent is None or (path is not None and not path.exists()):
        return False
    plan = read_plan(folder)
    points = (disk or Disk(folder)).points(plan)
    return (
        ledger.status == status(plan, points)
        and {key: sent.digest for key, sent in ledger.children.items()}
        == {key: point.digest for key, point in points.items()}
        and ledger.artifacts == artifacts(folder)
    )
