"""Batch: which samples a step takes, and its chance, pure functions of the seed and of a place in the run.

A place counts samples from the run's first; so a resumed run needs to know nothing but the step it is at,
and neither the size of a batch, nor accumulation, nor the count of processes changes a sample's chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Batch:
    """`size` samples at once, of the `whole` that make a step; number counts batches from the run's first."""

    number: int
    size: int
    whole: int

    @property
    def places(self) -> Array:
        return np.arange(self.number * self.size, (self.number + 1) * self.size)


def samples(seed: int, count: int, places: Array) -> Array:
    """The sample of `count` at each place: each epoch is a fresh shuffle, and batches run across its end."""
    return np.array([_shuffled(seed, count, int(place) // count)[int(place) % count] for place in places])


@lru_cache(maxsize=2)
def _shuffled(seed: int, count: int, epoch: int) -> Array:
    return np.random.default_rng([seed, epoch, 11]).permutation(count)


def batch_seed(seed: int, number: int) -> int:
    """A seed for what a batch draws as a whole (crops, colours, the VAE's latents)."""
    return _seed(seed, number, 13)


def sample_seed(seed: int, place: int) -> int:
    """A seed for what belongs to one sample (its noise, its timestep, whether its caption is dropped)."""
    return _seed(seed, place, 17)


def _seed(*told: int) -> int:
    return int(np.random.SeedSequence(told).generate_state(1, np.uint64)[0] >> 1)
