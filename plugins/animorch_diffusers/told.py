"""Told: a diffusers scheduler that is handed its noise levels instead of computing them.

diffusers has no argument for them that all of its schedulers take, but each that knows Karras' schedule asks
one method of its own for the levels; a subclass answers it. The rest have their timesteps put in place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any


def told(scheduler: type, levels: Callable[..., Any], options: dict[str, Any]) -> Any:
    """A scheduler of that class whose set_timesteps takes `levels(noise, steps)`; see spacing.py."""
    asks = hasattr(scheduler, "_convert_to_karras")
    if asks:
        options = options | {"use_karras_sigmas": True}
    made = (_asking if asks else _placing)(scheduler)(**options)
    made.levels = levels
    return made


@lru_cache(maxsize=32)
def _asking(scheduler: Any) -> Any:
    """For schedulers that ask for Karras' levels."""

    class Told(scheduler):  # type: ignore[misc]
        levels = None  # until `told` has set it

        def _convert_to_karras(self, in_sigmas: Any, num_inference_steps: int | None = None) -> Any:
            if self.levels is None:
                return in_sigmas
            return self.levels(_noise(self), num_inference_steps or self.num_inference_steps)

        def set_timesteps(self, *told: Any, **named: Any) -> None:
            if self.levels is None:  # some space all 1000 when they are made, which takes a second
                super().set_timesteps(1, *told[1:], **named)
                return
            super().set_timesteps(*told, **named)
            if self.sigmas[-1] > 0:
                # DEIS and SA end where the last level is, which with Karras' levels is the lowest
                self.sigmas[-1] = _noise(self)[0]

        def index_for_timestep(self, timestep: Any, schedule_timesteps: Any = None) -> int:
            """The first of equal timesteps: diffusers takes the second and leaves a level out."""
            if self.order != 1:
                return int(super().index_for_timestep(timestep, schedule_timesteps))
            places = self.timesteps if schedule_timesteps is None else schedule_timesteps
            return int((places == timestep).nonzero()[0])

    return Told


@lru_cache(maxsize=32)
def _placing(scheduler: Any) -> Any:
    """For schedulers that go through `timesteps`, and through `sigmas` where they have them."""

    class Told(scheduler):  # type: ignore[misc]
        def set_timesteps(self, num_inference_steps: int, device: Any = None, **others: Any) -> None:
            super().set_timesteps(num_inference_steps, device=device, **others)
            _place(self, num_inference_steps, device)

    return Told


def _place(scheduler: Any, steps: int, device: Any) -> None:
    import numpy as np
    import torch

    noise = _noise(scheduler)
    sigmas = scheduler.levels(noise, steps)
    times = np.interp(np.log(sigmas), np.log(noise), np.arange(len(noise)))
    if hasattr(scheduler, "sigmas"):
        scheduler.sigmas = torch.tensor([*sigmas, 0.0], dtype=torch.float32)
        scheduler.timesteps = torch.tensor(times, dtype=torch.float32, device=device)
    else:
        scheduler.timesteps = torch.tensor(np.rint(times), dtype=torch.int64, device=device)


def _noise(scheduler: Any) -> Any:
    """Sigmas of the training timesteps, rising; a zero terminal SNR ends at 2^-24, as in diffusers' Euler."""
    import numpy as np

    alphas = np.maximum(scheduler.alphas_cumprod.double().cpu().numpy(), 2.0**-24)
    return ((1 - alphas) / alphas) ** 0.5
