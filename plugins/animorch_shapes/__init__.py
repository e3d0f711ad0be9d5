"""shapes: captioned clips of coloured shapes in motion, and a metric that reads them back from pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from animorch import Metric, hookimpl
from animorch_shapes.adherence import ShapesAdherence

if TYPE_CHECKING:
    from animorch_shapes.dataset import Shapes

__all__ = ["ShapesAdherence", "clips"]


def clips(**options: int | float | str) -> Shapes:
    """The clips as a training source: `source: animorch_shapes:clips` in a training config."""
    from animorch_shapes.dataset import Shapes

    return Shapes(**options)  # type: ignore[arg-type]


@hookimpl
def animorch_metrics() -> list[type[Metric]]:
    return [ShapesAdherence]
