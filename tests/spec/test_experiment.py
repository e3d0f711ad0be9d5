from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from animorch import Experiment
from animorch.testing import small_spec

LIGHTNING = {
    "name": "lightning_4",
    "base": "sd15",
    "recommends": {"steps": 4, "cfg": 1.0, "sampler": "euler", "schedule": "sgm_uniform"},
}
NULLS = {"steps": None, "cfg": None, "sampler": None, "schedule": None}


def experiment(**changes: Any) -> Experiment:
    return Experiment.model_validate(small_spec().model_dump() | changes)


def test_null_settings_take_the_module_s_recommendation_and_it_is_recorded() -> None:
    found = experiment(motion=LIGHTNING, **NULLS)
    assert (found.steps, found.cfg, found.sampler, found.schedule) == (4, 1.0, "euler", "sgm_uniform")
    assert found.moved == LIGHTNING["recommends"]


def test_a_setting_of_one_s_own_wins_and_is_not_recorded_as_moved() -> None:
    found = experiment(motion=LIGHTNING, **NULLS | {"steps": 8})
    assert (found.steps, found.cfg) == (8, 1.0)
    assert "steps" not in found.moved


def test_without_a_recommendation_the_general_default_holds() -> None:
    found = experiment(motion={"name": "local", "base": "sd15"}, **NULLS)
    assert (found.steps, found.cfg, found.sampler, found.schedule) == (25, 7.5, "ddim", "normal")
    assert found.moved == {}


def test_a_stored_experiment_reads_back_as_it_was() -> None:
    found = experiment(motion=LIGHTNING, **NULLS, post=["boomerang"], prompt_travel={"1s": "x"}, frames=12)
    assert Experiment.model_validate_json(found.model_dump_json()) == found


def test_what_is_changed_afterwards_is_no_longer_recorded_as_moved() -> None:
    stored = experiment(motion=LIGHTNING, **NULLS).model_dump()
    assert "cfg" not in Experiment.model_validate(stored | {"cfg": 2.0}).moved


def test_seconds_in_prompt_travel_follow_the_output_s_rate() -> None:
    travel = {"0s": "a", "0.5s": "b"}
    assert list(experiment(prompt_travel=travel, output={"fps": 4}).prompt_travel) == [0, 2]
    assert list(experiment(prompt_travel=travel, output={"fps": 8}).prompt_travel) == [0, 4]


@pytest.mark.parametrize("fps", [None, "fast", 0, -8])
def test_a_rate_that_is_none_is_a_validation_error(fps: Any) -> None:
    with pytest.raises(ValidationError):
        experiment(prompt_travel={"0.5s": "b"}, output={"fps": fps})


@pytest.mark.parametrize(
    "post",
    [["boomerang"], {"boomerang": {}}, {"boomerang": {"name": "boomerang"}}, {"boomerang": "boomerang"}],
)
def test_a_post_step_may_be_written_as_list_or_as_map(post: Any) -> None:
    assert [choice.name for choice in experiment(post=post).post.values()] == ["boomerang"]


def test_options_stand_beside_the_name_and_null_takes_a_step_out() -> None:
    found = experiment(post={"a": {"loops": 2}, "b": None})
    assert list(found.post) == ["a"]
    assert found.post["a"].options == {"loops": 2}


@pytest.mark.parametrize("post", [["boomerang", "boomerang"], [{"loops": 2}], [5], 5])
def test_a_list_that_would_lose_a_step_is_refused(post: Any) -> None:
    with pytest.raises(ValidationError):
        experiment(post=post)


@pytest.mark.parametrize("wrong", [{"moved": 5}, {"output": "mp4", "prompt_travel": {0: "a"}}, {"motion": 3}])
def test_anything_wrong_is_a_validation_error_and_nothing_worse_here_too(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        experiment(**wrong)


def test_the_spec_is_the_part_a_backend_sees() -> None:
    assert experiment(post=["boomerang"]).spec == small_spec()


@pytest.mark.parametrize("name", ["", "../up", "a b", ".hidden"])
def test_a_name_that_is_no_folder_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        experiment(name=name)
