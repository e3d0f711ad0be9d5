"""Run: one sitting of a training, from the check of its folder to the choices it leaves."""

from __future__ import annotations

import logging
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import yaml
from filelock import FileLock, Timeout

from animorch.config.training import Training
from animorch.errors import AnimorchError, MediaError, RunsError, TrainingError, UsageError
from animorch.place import write_text
from animorch.plugin import Preset
from animorch.runs.files import writable
from animorch.runs.names import CONFIG, LOG, TRAINING
from animorch.runs.training import TrainingRecord, read_options
from animorch.sweep.gently import gently
from animorch.sweep.logbook import log_file
from animorch.tracking import TrainingProjection, Writer
from animorch.training.choice import checkpoint_of, command_line, refuse_taken, write_choice
from animorch.training.processes import Place, refuse_several
from animorch.training.report import HouseReport
from animorch.training.resume import before, same

log = logging.getLogger("animorch")
_LIBRARIES = ("accelerate", "diffusers", "numpy", "peft", "torch", "transformers")
_REST = 5.0  # seconds between two visits of MLflow: steps may come a hundred a second


@dataclass
class Sitting:
    """How one command's share of a training ended."""

    folder: Path
    record: TrainingRecord
    fresh: bool = True  # False when it was finished before and nothing was to do
    choices: list[tuple[Preset, Path | None]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def train(training: Training) -> Sitting:
    """Train, or go on, to the end; Ctrl-C leaves a record that says interrupted.

    Of several processes it is for the first, and `follow` for the others. Raises UsageError before anything
    is written when the training cannot begin, TrainingError (or what the trainer raised) when it failed; the
    record is there then too.
    """
    place = Place.here()
    refuse_several(training, place)
    refuse_taken(training.settings.name)
    problems = training.trainer.preflight()
    if problems:
        raise UsageError("; ".join(problems))
    writable(training.settings.runs)
    folder = training.settings.runs / TRAINING / training.settings.name
    with _disk_told(folder), _alone(folder), gently():
        old = before(folder, training)
        done = old is not None and old.state == "finished" and same(read_options(folder), training)
        if old is not None and done and place.count == 1:  # others wait inside the trainer
            return _chosen(Sitting(folder, old, fresh=False), training)
        record = _begun(folder, training, old)
        with log_file(folder / LOG):
            return _sat(training, folder, record)


def _begun(folder: Path, training: Training, old: TrainingRecord | None) -> TrainingRecord:
    """The folder made ready and its record written: running."""
    if old is None:
        _empty(folder)
    text = f"# The options of this training, resolved: `{command_line(training.words)}`\n"
    write_text(
        folder / CONFIG, text + yaml.safe_dump(training.options(), sort_keys=False, allow_unicode=True)
    )
    now = datetime.now(UTC)
    fresh = TrainingRecord(
        key=uuid4().hex,
        name=training.settings.name,
        mode=training.trainer.name,
        version=training.trainer.version,
        state="running",
        command=training.words,
        started=now,
    )
    kept = {"command": training.words, "state": "running", "ended": None, "error": None, "presets": ()}
    again = {"version": training.trainer.version, "sittings": old.sittings + 1} if old else {}
    record = old.model_copy(update=kept | again) if old else fresh
    record.save(folder)
    return record


def _empty(folder: Path) -> None:
    """Drop what a training left there; the lock stays."""
    for path in folder.iterdir():
        if path.name != ".lock":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _sat(training: Training, folder: Path, record: TrainingRecord) -> Sitting:
    """Let the trainer train, and write down how it ended."""
    tracking, since = training.settings.tracking, monotonic()
    writer = None
    if tracking.enabled:
        writer = Writer(folder, tracking.uri, TrainingProjection, rest=_REST, system=tracking.system)
    report = HouseReport(folder, writer.nudge if writer else _nothing, training.settings.quiet)
    log.info("%s", command_line(training.words))
    end: dict[str, Any] = {"state": "failed", "error": "it ended unforeseen"}
    sitting = Sitting(folder, record)
    try:
        with report.shown():
            _told_of_version(report, training, record)
            presets = training.trainer.train(folder, record.name, report)
        end = {"state": "finished", "presets": tuple(presets), "error": None}
    except KeyboardInterrupt:
        end = {"state": "interrupted", "error": None}
    except AnimorchError as error:
        end["error"] = str(error)
        raise
    except Exception as error:  # a trainer is a stranger: whatever it raises is one sentence
        log.exception("the training failed")
        end["error"] = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise TrainingError(
            f"the training failed ({end['error']}); {folder / LOG} tells where, and the same command goes on "
            "from the last checkpoint"
        ) from error
    finally:
        sitting.record = _ended(record, report, end, monotonic() - since)
        sitting.record.save(folder)
        said = writer.close() if writer else None
        sitting.warnings += [said] if said else []
    return _chosen(sitting, training)


def _nothing() -> None:
    """What is nudged when MLflow is off."""


def _told_of_version(report: HouseReport, training: Training, record: TrainingRecord) -> None:
    if record.sittings > 1 and record.version != training.trainer.version:
        report.note(
            f"mode={record.mode} was version {record.version} when this training began and is "
            f"{training.trainer.version} now; the same options may give another result"
        )


def _ended(
    record: TrainingRecord, report: HouseReport, end: Mapping[str, Any], seconds: float
) -> TrainingRecord:
    return record.model_copy(
        update={
            **end,
            "step": report.step or record.step,
            "total": report.total or record.total,
            "ended": datetime.now(UTC),
            "seconds": round(record.seconds + seconds, 2),
            "environment": _environment(_LIBRARIES),
        }
    )


def _environment(libraries: Sequence[str]) -> dict[str, str]:
    """Versions and platform; of libraries only those that were loaded."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in ("animorch", *(name for name in libraries if name in sys.modules)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _chosen(sitting: Sitting, training: Training) -> Sitting:
    """Write the choices of a finished training; one that cannot be is a warning, since the result stands."""
    record = sitting.record
    for preset in record.presets if record.state == "finished" else ():
        try:
            path = write_choice(preset, training, sitting.folder, checkpoint_of(record.presets, training))
            sitting.choices.append((preset, path))
        except (TrainingError, MediaError) as error:
            sitting.warnings.append(str(error))
    return sitting


@contextmanager
def _disk_told(folder: Path) -> Iterator[None]:
    """A folder that stops taking files is one sentence, wherever it happens."""
    try:
        yield
    except OSError as error:
        raise RunsError(
            f"{error.filename or folder} could not be written ({error.strerror or error}); "
            "free or unblock it and repeat the command, which goes on from the last checkpoint"
        ) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process a training; raises UsageError when another holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageError(
            f"another animorch is training {folder}; wait for it or stop it, then repeat the command"
        ) from error
    try:
        yield
    finally:
        lock.release()
