"""Order: the sequence of points that swaps least. What costs most to swap changes last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from animorch.spec.experiment import Experiment
from animorch.spec.identity import canonical
from animorch.sweep.point import Point

_LEVELS: tuple[Callable[[Experiment], Any], ...] = (  # dearest first
    lambda e: e.backend.model_dump(),
    lambda e: e.checkpoint.content(),
    lambda e: [[lora.content(), lora.weight] for lora in e.loras],
    lambda e: e.motion.content(),
    lambda e: [[lora.content(), lora.weight] for lora in e.motion_loras],
    lambda e: [e.width, e.height, e.frames, e.window and e.window.model_dump()],
    lambda e: [e.prompt, e.negative_prompt, e.clip_skip, list(e.prompt_travel.items())],
    lambda e: [e.sampler, e.schedule, e.steps],
)


def by_swap_cost(points: Sequence[Point]) -> list[Point]:
    """Planned points, grouped so that each dear thing is loaded once; ties keep the user's order."""
    planned = [(point, point.experiment) for point in points if point.planned and point.experiment]
    ranks: list[dict[str, int]] = [{} for _ in _LEVELS]
    keyed = []
    for point, experiment in planned:
        values = (canonical(level(experiment)) for level in _LEVELS)
        key = tuple(rank.setdefault(value, len(rank)) for rank, value in zip(ranks, values, strict=True))
        keyed.append((key, point))
    return [point for _, point in sorted(keyed, key=lambda pair: pair[0])]


def loads(ordered: Sequence[Point]) -> int:
    """How often weights are loaded or swapped when points are rendered in this order."""
    count, last = 0, None
    for point in ordered:
        now = (point.experiment and point.experiment.backend, canonical(dict(point.weights or {})))
        count, last = count + (now != last), now
    return count
