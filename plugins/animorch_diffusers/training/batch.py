"""Batch: which samples a step takes, and its chance, both pure functions of seed and step.

So a resumed run needs to know nothing but the step it is at.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def numbers(seed: int, count: int, batch: int, step: int) -> Array:
    """The samples of a step: each epoch is a fresh shuffle, and batches run across its end."""
    places = np.arange(step * batch, (step + 1) * batch)
    return np.array([_shuffled(seed, count, int(place) // count)[int(place) % count] for place in places])


@lru_cache(maxsize=2)
def _shuffled(seed: int, count: int, epoch: int) -> Array:
    return np.random.default_rng([seed, epoch, 11]).permutation(count)


def step_seed(seed: int, step: int) -> int:
    """A seed for everything random in a step (noise, timesteps, dropped captions)."""
    return int(np.random.SeedSequence([seed, step, 13]).generate_state(1, np.uint64)[0] >> 1)
