"""Resume: whether a command may go on with the training that lies in its folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from animorch.config.training import Training
from animorch.errors import UsageError
from animorch.registry import offers
from animorch.runs.names import CONFIG
from animorch.runs.training import TrainingRecord, read_options, read_training


def before(folder: Path, training: Training) -> TrainingRecord | None:
    """The record of the training to go on with; None when there is nothing, or force begins again.

    Raises UsageError when the folder holds another training, naming the keys that differ.
    """
    record = read_training(folder)
    if training.settings.force or (record is None and not folder.exists()):
        return None
    old = read_options(folder)
    if record is None or old is None:
        if _holds_anything(folder):
            raise UsageError(
                f"{folder} holds files and no readable record of a training; choose another name, "
                "or begin again there with force=true"
            )
        return None
    if differing := sorted(differences(_completed(old), training)):
        raise UsageError(
            f"name={training.settings.name} is a training with other options in {folder}: "
            f"{'; '.join(differing)}; choose another name, or begin again with force=true"
        )
    return record


def differences(old: Mapping[str, Any], training: Training) -> Iterator[str]:
    """`seed is 3 there and 4 here` for every option that differs and may not be changed on the way."""
    there, here = dict(_flat(old)), dict(_flat(training.options()))
    for key in there.keys() | here.keys():
        if there.get(key) != here.get(key) and not _may_change(key, training):
            yield f"{key} is {_said(there, key)} there and {_said(here, key)} here"


def same(old: Mapping[str, Any] | None, training: Training) -> bool:
    """Whether not even a changeable option differs."""
    return old is not None and dict(_flat(_completed(old))) == dict(_flat(training.options()))


def _may_change(key: str, training: Training) -> bool:
    return any(key == option or key.startswith(f"{option}.") for option in training.trainer.changeable)


def _completed(old: Mapping[str, Any]) -> dict[str, Any]:
    """Old options with the defaults of options that the trainer has got since."""
    cls = offers("mode").get(str(old.get("mode")))
    options = {key: value for key, value in old.items() if key != "mode"}
    try:
        return dict(old) if cls is None else {**old, **cls.model_validate(options).model_dump(mode="json")}
    except ValidationError:
        return dict(old)


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for part, item in value.items():
            yield from _flat(item, f"{key}.{part}" if key else str(part))
    else:
        yield key, value


def _said(values: Mapping[str, Any], key: str) -> str:
    text = repr(values[key]) if key in values else "not set"
    return text if len(text) <= 60 else text[:57] + "..."


def _holds_anything(folder: Path) -> bool:
    return any(path.name[0] != "." or path.name == CONFIG for path in folder.iterdir())
