"""TrainerContract: what every trainer keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from animorch.clip import Clip
from animorch.plugin import Preset, Trainer
from animorch.registry import model_of
from animorch.spec.model import Frozen
from animorch.spec.render import Checkpoint, MotionModule
from animorch.testing.plugin import PluginContract, loaded_by

_HOUSE = {"name", "runs", "tracking", "force", "quiet", "mode", "recipe"}
_TOO_HEAVY = {"torch", "mlflow"}  # numpy and PIL may look at the clips
_MODELS: dict[str, type[Frozen]] = {"motion": MotionModule, "checkpoint": Checkpoint}
Line = tuple[int, dict[str, float]]


class TrainerContract(PluginContract):
    """`options` should give a training of a few quick steps, at least four, with a checkpoint at each."""

    def test_every_nested_option_has_a_description(self) -> None:
        bare = list(_undescribed(self.plugin))
        assert not bare, f"options without a description: {bare}; give Field(description=…)"

    def test_no_option_is_called_as_a_key_of_the_house(self) -> None:
        taken = _HOUSE & self.plugin.model_fields.keys()
        assert not taken, f"options {sorted(taken)} are animorch's own keys; rename them"

    def test_preflight_is_light_and_lets_the_suites_own_options_pass(self) -> None:
        problems = self.make().preflight()
        assert not problems, f"the suite's own options are refused: {problems}"
        found = loaded_by(self.plugin, self.options, "instance.preflight()")
        loaded = sorted(_TOO_HEAVY.intersection(found))
        assert not loaded, f"preflight() loads {loaded}; find problems without them"

    def test_every_step_is_reported_and_every_number_is_finite(self, tmp_path: Path) -> None:
        report, _ = self._trained(tmp_path)
        assert report.steps == list(range(1, report.total + 1)), f"steps {report.steps} of {report.total}"
        assert report.lines, "no numbers were reported; give them to progress() every log_every steps"
        assert all(value == value for _, numbers in report.lines for value in numbers.values())

    def test_what_it_makes_is_a_valid_choice(self, tmp_path: Path) -> None:
        _, presets = self._trained(tmp_path)
        for preset in presets:
            assert preset.usage.strip(), "usage is empty; give the command that uses the result"
            if preset.group != "none":
                _MODELS[preset.group].model_validate({**preset.values, "name": "trial"})

    def test_an_interrupted_training_goes_on_as_if_it_had_not_been(self, tmp_path: Path) -> None:
        whole, _ = self._trained(tmp_path / "whole")
        folder = tmp_path / "stopped"
        folder.mkdir()
        stopped = Recorder(stop_at=whole.total // 2)
        try:
            self.make().train(folder, "trial", stopped)
        except KeyboardInterrupt:
            again, _ = self._trained(folder)
            begun = again.lines[0][0]
            assert begun > 1, "it began from nothing; keep a checkpoint in the folder and go on from it"
            assert again.lines == [line for line in whole.lines if line[0] >= begun], (
                "other numbers on resume"
            )
            return
        raise AssertionError("train swallowed what progress raised; let it through")

    def _trained(self, folder: Path) -> tuple[Recorder, list[Preset]]:
        trainer: Trainer = self.make()
        report = Recorder()
        folder.mkdir(exist_ok=True)
        return report, trainer.train(folder, "trial", report)


class Recorder:
    """A Report that remembers, and interrupts when a step is done."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.stop_at, self.total = stop_at, 0
        self.steps: list[int] = []
        self.lines: list[Line] = []
        self.clips: list[tuple[str, int]] = []
        self.notes: list[str] = []

    def progress(self, step: int, total: int, numbers: Mapping[str, float]) -> None:
        self.total = total
        self.steps.append(step)
        if numbers:
            self.lines.append((step, {key: value for key, value in numbers.items() if "second" not in key}))
        if step == self.stop_at:
            raise KeyboardInterrupt

    def clip(self, name: str, clip: Clip, step: int) -> None:
        self.clips.append((name, step))

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)


def _undescribed(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Dotted names of nested options without a description; start weights are the house's own models."""
    for key, field in model.model_fields.items():
        nested: Any = model_of(field)
        if nested is None:
            if not field.description:
                yield f"{prefix}{key}"
        elif not issubclass(nested, (Checkpoint, MotionModule)):
            yield from _undescribed(nested, f"{prefix}{key}.")
