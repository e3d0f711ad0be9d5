"""Samplers and schedulers of webui 1.10.1, and how it reads the words of a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sampler:
    """`own` is the schedule that Automatic stands for; stepwise samplers take no schedule at all."""

    name: str
    alias: str
    own: str = ""
    stepwise: bool = False


SAMPLERS = (
    Sampler("DPM++ 2M", "k_dpmpp_2m", "karras"),
    Sampler("DPM++ SDE", "k_dpmpp_sde", "karras"),
    Sampler("DPM++ 2M SDE", "k_dpmpp_2m_sde", "exponential"),
    Sampler("DPM++ 2M SDE Heun", "k_dpmpp_2m_sde_heun", "exponential"),
    Sampler("DPM++ 2S a", "k_dpmpp_2s_a", "karras"),
    Sampler("DPM++ 3M SDE", "k_dpmpp_3m_sde", "exponential"),
    Sampler("Euler a", "k_euler_a"),
    Sampler("Euler", "k_euler"),
    Sampler("LMS", "k_lms"),
    Sampler("Heun", "k_heun"),
    Sampler("DPM2", "k_dpm_2", "karras"),
    Sampler("DPM2 a", "k_dpm_2_a", "karras"),
    Sampler("DPM fast", "k_dpm_fast"),
    Sampler("DPM adaptive", "k_dpm_ad"),
    Sampler("Restart", "restart", "karras"),
    Sampler("DDIM", "ddim", stepwise=True),
    Sampler("DDIM CFG++", "ddim_cfgpp", stepwise=True),
    Sampler("PLMS", "plms", stepwise=True),
    Sampler("UniPC", "unipc", stepwise=True),
    Sampler("LCM", "k_lcm"),
)
SCHEDULERS = {
    "automatic": "Automatic",
    "uniform": "Uniform",
    "karras": "Karras",
    "exponential": "Exponential",
    "polyexponential": "Polyexponential",
    "sgm_uniform": "SGM Uniform",
    "kl_optimal": "KL Optimal",
    "align_your_steps": "Align Your Steps",
    "simple": "Simple",
    "normal": "Normal",
    "ddim": "DDIM",
    "beta": "Beta",
}
ALIASES = {"sgm_uniform": ["SGMUniform"]}


@dataclass(frozen=True)
class Sampling:
    """What samples: the sampler, the scheduler's label and the schedule really used ("" the model's own)."""

    sampler: Sampler
    label: str
    schedule: str
    corrections: tuple[str, ...] = ()


def sampling(sampler: str | None, scheduler: str | None) -> Sampling:
    """Names in their exact spelling; an unknown sampler is the first one, an unknown scheduler Automatic.

    A scheduler at the end of a sampler's name wins over the scheduler asked for.
    """
    corrections = []
    key = next((key for key, label in SCHEDULERS.items() if scheduler in (key, label)), "automatic")
    if scheduler and scheduler not in (key, SCHEDULERS[key]):
        corrections.append(f"scheduler {scheduler}")
    name = sampler or "Euler"
    for suffix, label in SCHEDULERS.items():
        for word in (label, suffix, *ALIASES.get(suffix, [])):
            if name.endswith(f" {word}"):
                key, name = suffix, name.removesuffix(f" {word}")
    found = next((one for one in SAMPLERS if one.name == name), None)
    if found is None:
        corrections.append(f"sampler {sampler}")
        found = SAMPLERS[0]
    return using(found, key, tuple(corrections))


def using(found: Sampler, key: str, corrections: tuple[str, ...] = ()) -> Sampling:
    """A sampler with a schedule's key; the sampler's own schedule goes by the name Automatic."""
    if key == found.own:
        key = "automatic"
    schedule = "" if found.stepwise else (found.own if key == "automatic" else key)
    return Sampling(found, SCHEDULERS[key], schedule, corrections)
