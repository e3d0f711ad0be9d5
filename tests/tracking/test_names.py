from __future__ import annotations

import pytest

from animorch.tracking.names import KEY_LIMIT, legal
from animorch.tracking.params import params


def _mlflow_takes(key: str) -> bool:
    from mlflow.utils.validation import _validate_param

    return _validate_param(key, "value").key == key


@pytest.mark.parametrize(
    "key",
    [
        "cfg",
        "a,b",
        "a:b",
        "a//b",
        "/a",
        "./a",
        "../a",
        "..",
        ".",
        "",
        "..a",
        "a/../b",
        "a/",
        "axis.größe",
        "k" * 400,
    ],
)
def test_mlflow_takes_every_legal_key(key):
    assert _mlflow_takes(legal(key))


def test_two_long_keys_that_differ_at_the_end_stay_two():
    assert legal("k" * 300 + "a") != legal("k" * 300 + "b")
    assert len(legal("k" * 300)) == KEY_LIMIT


def test_keys_that_become_one_stay_two():
    assert len(params({"a,b": 1, "a:b": 2}).values) == 2


def test_named_things_are_their_name_and_keep_their_order():
    found = params(
        {"post": {"boomerang": {"name": "boomerang", "loops": 2}, "late": {"name": "interpolate"}}}
    )
    assert found.values == {
        "post": "boomerang, interpolate",
        "post.boomerang": "boomerang",
        "post.boomerang.loops": "2",
        "post.late": "interpolate",
    }


def test_values_are_spelled_as_on_the_command_line():
    found = params({"cfg": 4.0, "window": None, "closed": True, "loras": [], "prompt": "a cat", "name": "n"})
    assert list(found.values.values()) == ["4", "null", "true", "[]", "a cat", "n"]


def test_a_prompt_travel_is_one_param_however_long():
    travel = {str(frame): "a long walk " * 20 for frame in range(1000)}
    found = params({"prompt_travel": travel})
    assert list(found.values) == ["prompt_travel"]
    assert list(found.spilled) == ["params/prompt_travel.txt"]
