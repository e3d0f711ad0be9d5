"""Training: the words of `animorch train` as a validated trainer with its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.types import Override

from animorch.config.compose import TRAIN, Composer, Setting, composer, resolved
from animorch.config.schema import STARTS
from animorch.config.settings import TrainSettings, split_training
from animorch.errors import UsageError
from animorch.plugin import Trainer
from animorch.registry import make, offers


@dataclass(frozen=True)
class Training:
    """What one command asks for."""

    settings: TrainSettings
    trainer: Trainer
    words: tuple[str, ...]

    def options(self) -> dict[str, Any]:
        """The mode and its options as plain data: what decides the training."""
        return {"mode": self.trainer.name, **self.trainer.model_dump(mode="json")}


def training(words: Sequence[str], config_dir: str | None = None, config: str = TRAIN) -> Training:
    """Compose and validate; raises UsageError for whatever is wrong with the words."""
    settings, rest = split_training(resolved(draft(words, config_dir, config)))
    mode = rest.pop("mode")
    return Training(settings, make("mode", mode, rest), tuple(words))


def draft(words: Sequence[str], config_dir: str | None = None, config: str = TRAIN) -> dict[str, Any]:
    """The composed values, `???` where one is missing, without start weights that the mode has no field for.

    Raises UsageError.
    """
    with _composing(config, config_dir) as compose:
        parsed = compose.parse(words)
        base, settings = [], []
        for override in parsed:
            _refuse_swept(override)
            key, line = override.key_or_group, override.input_line or ""
            if not compose.composes(override):
                settings.append(Setting(key, override.value(), line, False))
            elif not (override.value() is None and key in STARTS and compose.is_group(key)):
                base.append(line)
        values = compose.draft(base, settings)
    return _without_idle_starts(values, parsed)


@contextmanager
def _composing(config: str, config_dir: str | None) -> Iterator[Composer]:
    if not offers("mode"):
        raise UsageError("no trainer is installed; `pip install animorch[diffusers]` brings some")
    with composer(config, config_dir) as compose:
        yield compose


def _refuse_swept(override: Override) -> None:
    """Raise UsageError for several values, which would be several trainings."""
    if override.is_sweep_override():
        raise UsageError(
            f"{override.input_line!r} has several values; one command trains once, "
            "so repeat it with another name"
        )


def _without_idle_starts(values: Mapping[str, Any], parsed: Sequence[Override]) -> dict[str, Any]:
    """conf/train.yaml chooses start weights for every mode; raises UsageError for those chosen in vain."""
    mode = values.get("mode")
    nulled = {override.key_or_group for override in parsed if override.value() is None}
    known = offers("mode").get(str(mode))
    idle = {key for key in STARTS if known is not None and key not in known.model_fields}
    for override in parsed:
        if override.key_or_group.partition(".")[0] in idle:
            raise UsageError(
                f"{override.input_line!r} has no effect, mode={mode} starts from no such weights; "
                "leave it out"
            )
    return {key: value for key, value in values.items() if key not in idle | (nulled & set(STARTS))}
