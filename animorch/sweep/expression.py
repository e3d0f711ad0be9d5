"""Expressions over a spec, as `cfg > 8 and motion == "v3"`: for exclusion rules and `only`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simpleeval import simple_eval

from animorch.errors import UsageError
from animorch.spec.experiment import Experiment


def holds(expression: str, experiment: Experiment, coordinates: Mapping[str, str]) -> bool:
    """Whether the expression is true of a point; raises UsageError when it is none."""
    try:
        return bool(simple_eval(expression, names=_names(experiment, coordinates)))
    except Exception as error:  # whatever its operators raise on these values
        raise UsageError(
            f"{expression!r} is not an expression over a point ({error}); "
            'write one like `cfg > 8 and motion == "v15_v2"`'
        ) from error


def _names(experiment: Experiment, coordinates: Mapping[str, str]) -> dict[str, Any]:
    """Every field by name; checkpoint, motion and backend stand for their names, as on the command line."""
    names: dict[str, Any] = {key: getattr(experiment, key) for key in type(experiment).model_fields}
    for key in ("checkpoint", "motion", "backend"):
        names[key] = getattr(experiment, key).name
    own = {axis: text for axis, text in coordinates.items() if axis.isidentifier() and axis not in names}
    return names | own | {"fps": experiment.output.fps, "loras": len(experiment.loras)}
