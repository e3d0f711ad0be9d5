from __future__ import annotations

import numpy as np
import pytest
from animorch_diffusers import BaseVae
from animorch_diffusers.training.batch import batch_seed, sample_seed, samples
from animorch_diffusers.training.optimiser import rate
from animorch_diffusers.training.recipe import Data
from animorch_diffusers.training.source import clips_of

from animorch import UsageError


def test_every_sample_comes_once_an_epoch_in_another_order() -> None:
    taken = np.concatenate([samples(3, 10, np.arange(step * 4, step * 4 + 4)) for step in range(5)])
    assert sorted(taken[:10]) == sorted(taken[10:]) == list(range(10))
    assert list(taken[:10]) != list(taken[10:])


def test_order_and_chance_are_of_seed_and_place_alone() -> None:
    places = np.arange(40, 48)
    assert list(samples(3, 100, places)) == list(samples(3, 100, places))
    assert list(samples(3, 100, places)) != list(samples(4, 100, places))
    assert sample_seed(3, 7) == sample_seed(3, 7) != sample_seed(3, 8)
    assert len({batch_seed(3, 7), batch_seed(4, 7), batch_seed(3, 8), sample_seed(3, 7)}) == 4


def run(**optimiser: object) -> BaseVae:
    return BaseVae.model_validate({"batch": 8, "accumulate": 4, "steps": 1000, "optimiser": optimiser})


def test_the_scaling_rule_is_batch_times_accumulated_times_processes_when_asked_for() -> None:
    plain, scaled = run(schedule="constant"), run(schedule="constant", scale_lr=True)
    assert rate(scaled, 500) == 32 * rate(plain, 500)
    assert rate(scaled, 500, processes=2) == 64 * rate(plain, 500, processes=2)
    assert rate(plain, 0) == pytest.approx(rate(plain, 500) / 100)


@pytest.mark.parametrize(
    ("schedule", "middle", "end"), [("constant", 1, 1), ("linear", 0.55, 0.1), ("cosine", 0.55, 0.1)]
)
def test_the_rate_falls_to_its_floor(schedule: str, middle: float, end: float) -> None:
    falling = run(schedule=schedule, learning_rate=1.0, floor=0.1, warmup=0)
    assert [rate(falling, step) for step in (0, 500, 1000)] == pytest.approx([1, middle, end])


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(UsageError, match="animorch_nothing:clips cannot be imported"):
        clips_of(Data(source="animorch_nothing:clips"))


def test_a_wrong_option_of_a_source_is_named() -> None:
    with pytest.raises(UsageError, match=r"data\.options do not fit data\.source=animorch_shapes:clips"):
        clips_of(Data(source="animorch_shapes:clips", options={"colour": "red"}))
