"""The contracts catch what they are for: each bad plugin here breaks one clause."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import Field

from animorch import Backend, Clip, Measures, Metric, PostStep, Preset, Progress, RenderSpec, Report, Trainer
from animorch.testing import BackendContract, MetricContract, PostStepContract, TrainerContract


class Good(Backend):
    name: ClassVar[str] = "good"

    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        for step in range(1, spec.steps + 1):
            progress(step, spec.steps)
        import numpy as np

        seed = sum(spec.model_dump_json().encode())
        return Clip(np.full((spec.frames, spec.height, spec.width, 3), seed % 251, np.uint8))


class Random(Good):
    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        import numpy as np

        frames = np.random.default_rng().integers(0, 256, (spec.frames, spec.height, spec.width, 3), np.uint8)
        return Clip(frames)


class Deaf(Good):
    """Drops cfg without a word."""

    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        return super().render(spec.model_copy(update={"cfg": 7.5}), progress)


class Honest(Deaf):
    """Drops cfg and says so."""

    def unsupported(self, spec: RenderSpec) -> list[str]:
        return [] if spec.cfg == 7.5 else [f"good renders at cfg=7.5 only; found cfg={spec.cfg}"]


class Square(Good):
    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        return super().render(spec.model_copy(update={"width": 64, "height": 64}), progress)


class Overshooting(Good):
    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        progress(spec.steps + 1, spec.steps)
        return super().render(spec, lambda step, total: None)


class Stubborn(Good):
    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        try:
            return super().render(spec, progress)
        except KeyboardInterrupt:
            return super().render(spec, lambda step, total: None)


class Undescribed(Good):
    power: int = 1


class Lax(Good):
    model_config: ClassVar[Any] = {"extra": "allow"}


class Careless(PostStep):
    name: ClassVar[str] = "careless"

    def apply(self, clip: Clip) -> Clip:
        clip.frames[:] = 0
        return clip


class NotANumber(Metric):
    name: ClassVar[str] = "not_a_number"

    key: str = Field("value", description="Key.")

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        return {self.key: float("nan") if self.key == "value" else 1.0}


class Learner(Trainer):
    """Counts, and keeps its place in a file."""

    name: ClassVar[str] = "learner"

    steps: int = Field(6, ge=1, description="Steps.")

    def train(self, folder: Path, name: str, report: Report) -> list[Preset]:
        place = folder / "state"
        done = int(place.read_text()) if place.is_file() else 0
        for step in range(done + 1, self.steps + 1):
            report.progress(step, self.steps, {"loss": 1 / step})
            place.write_text(str(step))
        return [
            Preset(group="motion", values={"base": "sd15", "path": str(place)}, usage="animorch motion=x")
        ]


class Forgetful(Learner):
    """Keeps no place."""

    def train(self, folder: Path, name: str, report: Report) -> list[Preset]:
        for step in range(1, self.steps + 1):
            report.progress(step, self.steps, {"loss": 1 / step})
        return []


class Silent(Learner):
    def train(self, folder: Path, name: str, report: Report) -> list[Preset]:
        report.progress(self.steps, self.steps, {})
        return []


class Presumptuous(Learner):
    force: bool = Field(False, description="The house's own.")


class TestAGoodTrainer(TrainerContract):
    plugin = Learner


class TestAGoodBackend(BackendContract):
    plugin = Good


class TestABackendThatRefusesWhatItCannot(BackendContract):
    plugin = Honest


BROKEN: list[tuple[type[Any], type[Any], Callable[[Any], None], str]] = [
    (BackendContract, Random, BackendContract.test_the_same_spec_gives_the_same_frames, "differently"),
    (
        BackendContract,
        Deaf,
        BackendContract.test_every_field_is_honoured_or_refused,
        "cfg was dropped silently",
    ),
    (BackendContract, Square, BackendContract.test_it_renders_the_frames_and_the_size_asked_for, "asked for"),
    (BackendContract, Overshooting, BackendContract.test_progress_rises_to_its_total, "the last step is 5"),
    (BackendContract, Random, BackendContract.test_progress_rises_to_its_total, "never called"),
    (
        BackendContract,
        Stubborn,
        BackendContract.test_raising_from_progress_cancels_and_the_backend_lives_on,
        "swallowed",
    ),
    (BackendContract, Undescribed, BackendContract.test_every_option_has_a_description, "power"),
    (BackendContract, Lax, BackendContract.test_a_misspelt_option_is_refused, "unknown option was accepted"),
    (PostStepContract, Careless, PostStepContract.test_the_clip_given_is_left_as_it_is, "changed the clip"),
    (MetricContract, NotANumber, MetricContract.test_values_are_finite_and_keys_are_words, "nan"),
]


@pytest.mark.parametrize(
    ("contract", "plugin", "clause", "said"), BROKEN, ids=lambda part: getattr(part, "__name__", "")
)
def test_a_broken_clause_is_caught_and_said(
    contract: type[Any], plugin: type[Any], clause: Callable[[Any], None], said: str
) -> None:
    suite = type("Suite", (contract,), {"plugin": plugin})()
    with pytest.raises(AssertionError, match=said):
        clause(suite)


TRAINERS: list[tuple[type[Any], str, str]] = [
    (Forgetful, "test_an_interrupted_training_goes_on_as_if_it_had_not_been", "began from nothing"),
    (Silent, "test_every_step_is_reported_and_every_number_is_finite", r"steps \[6\] of 6"),
]


@pytest.mark.parametrize(("plugin", "clause", "said"), TRAINERS)
def test_a_trainer_that_breaks_a_clause_is_told(
    tmp_path: Path, plugin: type[Any], clause: str, said: str
) -> None:
    suite = type("Suite", (TrainerContract,), {"plugin": plugin})()
    with pytest.raises(AssertionError, match=said):
        getattr(suite, clause)(tmp_path)


def test_a_trainer_with_an_option_of_the_house_is_told() -> None:
    suite = type("Suite", (TrainerContract,), {"plugin": Presumptuous})()
    with pytest.raises(AssertionError, match="force"):
        suite.test_no_option_is_called_as_a_key_of_the_house()


def test_a_key_that_is_no_word_is_caught() -> None:
    suite = type("Suite", (MetricContract,), {"plugin": NotANumber, "options": {"key": "Sharp ness"}})()
    with pytest.raises(AssertionError, match="lower_snake_case"):
        suite.test_values_are_finite_and_keys_are_words()


def test_a_module_that_imports_numpy_at_its_top_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "heavy_plugin.py").write_text(
        f"import numpy\nfrom {__name__} import Good\nclass Heavy(Good): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    heavy = importlib.import_module("heavy_plugin").Heavy
    suite = type("Suite", (BackendContract,), {"plugin": heavy})()
    with pytest.raises(AssertionError, match="numpy"):
        suite.test_importing_it_is_light()
