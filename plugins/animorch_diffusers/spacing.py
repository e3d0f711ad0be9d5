"""Spacing: noise levels of the schedules that diffusers lacks, as ComfyUI and A1111 compute them.

Every function takes `noise`, the sigmas of the training timesteps in rising order (float64, one for each of
the 1000 timesteps), and a count of steps, and gives that many falling sigmas; the 0 that every schedule ends
on is the scheduler's to add.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import atan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Levels = np.ndarray[Any, np.dtype[np.float64]]

# Timesteps of Sabour, Fidler and Kreis 2024 (arXiv:2404.14507), from research.nvidia.com/labs/toronto-ai/
# AlignYourSteps/howto.html; a motion module has a noise schedule of its own, so timesteps carry over and
# sigmas do not.
ALIGNED: Mapping[str, tuple[int, ...]] = {
    "sd15": (999, 850, 736, 645, 545, 455, 343, 233, 124, 24, 0),
    "sdxl": (999, 845, 730, 587, 443, 310, 193, 116, 53, 13, 0),
}


def karras(noise: Levels, steps: int) -> Levels:
    """Even in sigma^(1/7) (Karras et al. 2022, arXiv:2206.00364, equation 5)."""
    import numpy as np

    return np.linspace(noise[-1] ** (1 / 7), noise[0] ** (1 / 7), steps) ** 7


def exponential(noise: Levels, steps: int) -> Levels:
    """Even in log sigma (k-diffusion, get_sigmas_exponential)."""
    import numpy as np

    return np.exp(np.linspace(np.log(noise[-1]), np.log(noise[0]), steps))


def beta(noise: Levels, steps: int) -> Levels:
    """Quantiles of Beta(0.6, 0.6) between the sigmas, as diffusers and A1111 have it."""
    import numpy as np
    from scipy.stats import beta as distribution  # type: ignore[import-untyped]

    share = distribution.ppf(1 - np.linspace(0, 1, steps), 0.6, 0.6)
    return np.asarray(noise[0] + share * (noise[-1] - noise[0]))


def beta_timesteps(noise: Levels, steps: int) -> Levels:
    """Quantiles of Beta(0.6, 0.6) among the timesteps (Lee et al. 2024, arXiv:2407.12173): ComfyUI's beta."""
    import numpy as np
    from scipy.stats import beta as distribution

    share = distribution.ppf(1 - np.linspace(0, 1, steps, endpoint=False), 0.6, 0.6)
    times = share * (len(noise) - 1)
    whole = np.rint(times)
    # ComfyUI drops steps whose timesteps meet when rounded; a count that is asked for is kept here
    return _at(noise, whole if len(np.unique(whole)) == steps else times)


def sgm_uniform(noise: Levels, steps: int) -> Levels:
    """Even in timesteps from the last one, the first left out (ComfyUI, normal_scheduler with sgm)."""
    import numpy as np

    return _at(noise, np.linspace(len(noise) - 1, 0, steps + 1)[:-1])


def ddim_uniform(noise: Levels, steps: int) -> Levels:
    """Every (1000 // steps)th timestep, counted from timestep 1 (Song et al. 2021; diffusers' `leading`)."""
    import numpy as np

    return noise[np.minimum(1 + np.arange(steps)[::-1] * (len(noise) // steps), len(noise) - 1)]


def simple(noise: Levels, steps: int) -> Levels:
    """Every (1000 / steps)th training timestep, counted from the last (ComfyUI, simple_scheduler)."""
    import numpy as np

    places = (np.arange(steps) * (len(noise) / steps)).astype(int)
    return np.asarray(noise[len(noise) - 1 - places])


def linear_quadratic(noise: Levels, steps: int) -> Levels:
    """Half of the steps over the first 2.5 % of the sigmas, the rest on a parabola (Mochi 1's sampler)."""
    import numpy as np

    slow, threshold = steps // 2, 0.025
    if slow == 0:
        return noise[-1:]
    place, rest = np.arange(steps), steps - slow
    excess = slow - threshold * steps
    curve = excess / (slow * rest**2)
    slope = threshold / slow - 2 * excess / rest**2
    parabola = curve * place**2 + slope * place + curve * slow**2
    return np.asarray(noise[-1] * (1 - np.where(place < slow, place * threshold / slow, parabola)))


def kl_optimal(noise: Levels, steps: int) -> Levels:
    """Even in arctan sigma (Sabour et al. 2024, theorem 3.1)."""
    import numpy as np

    return np.tan(np.linspace(atan(noise[-1]), atan(noise[0]), steps))


def aligned(noise: Levels, steps: int, base: str = "sd15") -> Levels:
    """Align Your Steps: its ten timesteps at ten steps, between them log-linear in sigma."""
    import numpy as np

    table = ALIGNED["sdxl" if base == "sdxl" else "sd15"]
    known = np.log(noise[list(table)])
    places = np.linspace(0, len(table) - 1, steps + 1)[:-1]
    return np.asarray(np.exp(np.interp(places, np.arange(len(table)), known)))


def _at(noise: Levels, times: Levels) -> Levels:
    """Sigmas at timesteps that need not be whole, log-linear between its neighbours."""
    import numpy as np

    return np.asarray(np.exp(np.interp(times, np.arange(len(noise)), np.log(noise))))


SPACINGS: Mapping[str, Callable[[Levels, int], Levels]] = {
    "karras": karras,
    "exponential": exponential,
    "beta": beta,
    "sgm_uniform": sgm_uniform,
    "ddim_uniform": ddim_uniform,
    "simple": simple,
    "beta_timesteps": beta_timesteps,
    "linear_quadratic": linear_quadratic,
    "kl_optimal": kl_optimal,
    "align_your_steps": aligned,
}


def levels(noise: Levels, steps: int, schedule: str, base: str) -> Levels:
    """The schedule's falling sigmas for a checkpoint of that base."""
    if schedule == "align_your_steps":
        return aligned(noise, steps, base)
    return SPACINGS[schedule](noise, steps)
