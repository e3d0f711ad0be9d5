from __future__ import annotations

import numpy as np
import pytest
from animorch_diffusers.training.batch import numbers, step_seed
from animorch_diffusers.training.recipe import Optimiser, Run

from animorch import UsageError


def test_every_sample_comes_once_an_epoch_in_another_order() -> None:
    taken = np.concatenate([numbers(3, 10, 4, step) for step in range(5)])
    assert sorted(taken[:10]) == sorted(taken[10:]) == list(range(10))
    assert list(taken[:10]) != list(taken[10:])


def test_order_is_of_seed_and_step_alone() -> None:
    assert list(numbers(3, 100, 8, 40)) == list(numbers(3, 100, 8, 40))
    assert list(numbers(3, 100, 8, 40)) != list(numbers(4, 100, 8, 40))
    assert step_seed(3, 7) == step_seed(3, 7) != step_seed(3, 8)


def test_the_scaling_rule_is_really_applied_when_asked_for() -> None:
    pytest.importorskip("torch")
    from animorch_diffusers.training.loop import rate

    data = {"source": "animorch_shapes:clips"}
    plain = Run(folder="x", data=data, batch=8, accumulate=4, optimiser=Optimiser(schedule="constant"))  # type: ignore[arg-type]
    scaled = plain.model_copy(update={"optimiser": plain.optimiser.model_copy(update={"scale_lr": True})})
    assert rate(scaled, 500) == 32 * rate(plain, 500)
    assert rate(plain, 0) == pytest.approx(rate(plain, 500) / 100)


def test_an_unknown_source_is_named() -> None:
    from animorch_diffusers.training.recipe import Data
    from animorch_diffusers.training.source import clips_of

    with pytest.raises(UsageError, match="animorch_nothing:clips cannot be imported"):
        clips_of(Data(source="animorch_nothing:clips"))
