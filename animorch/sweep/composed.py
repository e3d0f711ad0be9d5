"""Composed: the experiment that a command's words amount to, for plugins that render by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from animorch.config.compose import composer
from animorch.errors import UsageError
from animorch.spec.experiment import Experiment
from animorch.sweep.plan import plan_values


def composed(words: Sequence[str] = ()) -> Experiment:
    """What `animorch KEY=VALUE ...` would render, checked as `animorch plan` checks it.

    Raises UsageError with every reason why it cannot be rendered.
    """
    with composer() as compose:
        (point,) = plan_values(compose.values(list(words)), words).points
    if point.problems or point.experiment is None:
        raise UsageError("; ".join(point.problems))
    return point.experiment
