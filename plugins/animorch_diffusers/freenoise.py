"""FreeNoise: a long clip's noise made of one window's, so that far frames are alike and near ones differ."""

from __future__ import annotations

from typing import Any

from animorch import FreeNoise


def shuffled(noise: Any, free: FreeNoise, frames: int, generator: Any) -> Any:
    """Noise (1, C, length, h, w) carried on to `frames` frames.

    Frame group after frame group, each `stride` long, takes the group `length` frames before it in another
    order (Qiu et al. 2023, arXiv:2310.15169, eq. 7: local noise shuffling). Only whole groups are shuffled
    and then cut, as in diffusers' shuffle_context.
    """
    import torch

    places = list(range(free.length))
    while len(places) < frames:
        start = len(places) - free.length
        order = torch.randperm(free.stride, generator=generator).tolist()
        places += [places[start + place] for place in order]
    return noise[:, :, places[:frames]]
