"""Choice: what a training made, as a file of ./conf that a next command can name."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from animorch.config.folders import choices, shipped, yours
from animorch.config.training import Training
from animorch.errors import TrainingError, UsageError
from animorch.place import write_text
from animorch.plugin import Preset
from animorch.spec.model import Frozen, sentences
from animorch.spec.render import Checkpoint, MotionModule

_MODELS: dict[str, type[Frozen]] = {"motion": MotionModule, "checkpoint": Checkpoint}
_MARK = "# Trained by animorch"


def refuse_taken(name: str) -> None:
    """Raise UsageError when a config choice of this name was not written by animorch train."""
    for group in _MODELS:
        for path in _taken(group, name):
            raise UsageError(
                f"name={name} is taken: {group}={name} stands for {path}, "
                "which animorch train did not write; choose another name"
            )


def _taken(group: str, name: str) -> Iterator[Path]:
    for folder in (yours(), shipped()):
        for suffix in (".yaml", ".yml", ".toml"):
            path = folder / group / f"{name}{suffix}"
            if path.is_file() and not path.read_text(encoding="utf-8", errors="replace").startswith(_MARK):
                yield path


def write_choice(preset: Preset, training: Training, folder: Path, checkpoint: str | None) -> Path | None:
    """./conf/<group>/<name>.yaml, or a file in the run's folder when that name was taken meanwhile.

    checkpoint: the choice that a motion module is for, which choosing the module then chooses too.
    Returns the file's path; None for a preset of no group. Raises TrainingError for values that the
    group's model refuses.
    """
    if preset.group == "none":
        return None
    name = training.settings.name
    taken = any(_taken(preset.group, name))
    path = (folder if taken else yours()) / (f"{name}.yaml" if taken else f"{preset.group}/{name}.yaml")
    write_text(path, _text(preset, training, checkpoint))
    return path


def _text(preset: Preset, training: Training, checkpoint: str | None) -> str:
    mode = training.trainer.name
    try:
        found = _MODELS[preset.group].model_validate({**preset.values, "name": training.settings.name})
    except ValidationError as error:
        raise TrainingError(
            f"mode={mode} made no valid {preset.group}: {'; '.join(sentences(error))}"
        ) from error
    values = found.model_dump(mode="json")
    if values.get("path"):
        values["path"] = _near(Path(values["path"]))
    head = f"{_MARK} with mode={mode}, and written again when it is trained on: `{preset.usage.strip('`')}`"
    return f"{' '.join(head.split())}\n{_bringing(preset, checkpoint)}{_yaml(values)}"


def _bringing(preset: Preset, checkpoint: str | None) -> str:
    if preset.group != "motion" or checkpoint is None:
        return ""
    return f"defaults: [{{override /checkpoint@_global_.checkpoint: {checkpoint}}}]\n\n"


def checkpoint_of(presets: Sequence[Preset], training: Training) -> str | None:
    """The checkpoint choice that the motion modules made are for: made beside them, or trained on."""
    if any(preset.group == "checkpoint" for preset in presets):
        return training.settings.name
    name = getattr(getattr(training.trainer, "checkpoint", None), "name", None)
    return name if name != "local" and name in choices("checkpoint") else None


def _yaml(values: dict[str, Any]) -> str:
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110))


def _near(path: Path) -> str:
    """From here where it is below, since ./conf is read from here only; else the whole path."""
    path, here = path.absolute(), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def command_line(words: tuple[str, ...]) -> str:
    """The words of `animorch train` as a shell takes them."""
    return shlex.join(["animorch", "train", *words])
