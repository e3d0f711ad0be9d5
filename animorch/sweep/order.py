"""Order: the sequence of points that swaps least. What costs most to swap changes last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from animorch.spec.experiment import Experiment
from animorch.spec.identity import canonical
from animorch.spec.render import Lora
from animorch.sweep.point import Point

_NOISE = {"seed", "motion_scale", "group_norm", "freeinit", "freenoise"}


def _loras(loras: Sequence[Lora]) -> list[Any]:
    return [[lora.content(), lora.weight, lora.blocks] for lora in loras]


_LEVELS: tuple[Callable[[Experiment], Any], ...] = (  # dearest first
    lambda e: e.backend.model_dump(),
    lambda e: e.checkpoint.content(),
    lambda e: e.vae and e.vae.content(),
    lambda e: [[each.name, each.content()] for each in e.embeddings],
    lambda e: _loras(e.loras),
    lambda e: e.motion.content(),
    lambda e: _loras(e.motion_loras),
    lambda e: [each.content() for each in (*e.controlnets, *e.ip_adapters)],
    lambda e: e.sparse_control and e.sparse_control.content(),
    lambda e: [e.width, e.height, e.frames, e.window and e.window.model_dump()],
    lambda e: [each and each.content() for each in (e.init, e.mask)],
    lambda e: [e.prompt, e.negative_prompt, e.clip_skip, list(e.prompt_travel.items())],
    lambda e: [list(e.negative_travel.items()), e.travel and e.travel.model_dump()],
    lambda e: [[each.prompt, each.weight, each.content()] for each in e.regions],
    lambda e: [e.sampler, e.schedule, e.steps],
    lambda e: e.model_dump(mode="json", include=_NOISE),  # so that points which differ in cfg alone meet
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
