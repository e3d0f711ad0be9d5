"""Sampling: samplers and schedules as a spec words them, and as the server does."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from animorch import Unsupported

_SAMPLERS = {  # animorch's and A1111's words → ComfyUI's
    "dpm2": "dpm_2",
    "dpm2_a": "dpm_2_ancestral",
    "dpm_2_a": "dpm_2_ancestral",
    "dpmpp_2s_a": "dpmpp_2s_ancestral",
    "euler_a": "euler_ancestral",
    "unipc": "uni_pc",
}
_SCHEDULES = {
    "beta_timesteps": "beta",  # by quantiles among the timesteps, as ComfyUI has it
    "ddim": "ddim_uniform",
    "leading": "ddim_uniform",
    "linspace": "normal",
    "polyexponential": "exponential",  # with A1111's rho of 1 it is that
    "sgmuniform": "sgm_uniform",
    "trailing": "sgm_uniform",
    "uniform": "normal",
}
_NEAREST_SAMPLERS = {
    "dpmpp_2s": "dpmpp_2s_ancestral (which adds fresh noise)",
    "plms": "ipndm",
    "pndm": "ipndm",
    "restart": "heun",
    "tcd": "lcm",
}
_NEAREST_SCHEDULES = {"align_your_steps": "kl_optimal", "ays": "kl_optimal"}
_KARRAS = ("dpm_2", "dpm_2_ancestral", "dpmpp_2m", "dpmpp_2s_ancestral")  # A1111's `automatic`, 1.9 and later
_EXPONENTIAL = ("dpmpp_sde", "dpmpp_2m_sde", "dpmpp_2m_sde_heun", "dpmpp_3m_sde")


def server_sampler(word: str, choices: Sequence[str]) -> str:
    """The server's name of a sampler; raises Unsupported with close names."""
    named = word.replace("_cfgpp", "_cfg_pp")
    found = named if named in choices else _SAMPLERS.get(named, named)
    if found in choices:
        return found
    for schedule in ("karras", "exponential", "sgm_uniform"):
        plain = word.removesuffix(f"_{schedule}")
        if plain != word and _SAMPLERS.get(plain, plain) in choices:
            raise Unsupported(
                f"sampler={word} names a sampler and a schedule; write sampler={plain} schedule={schedule}"
            )
    raise Unsupported(_unknown("sampler", word, _NEAREST_SAMPLERS, (*choices, *_SAMPLERS)))


def server_schedule(word: str, sampler: str, choices: Sequence[str]) -> str:
    """The server's name of a schedule, for a sampler by the server's name; raises Unsupported."""
    if word == "automatic":
        plain = sampler.removesuffix("_gpu")
        word = "karras" if plain in _KARRAS else "exponential" if plain in _EXPONENTIAL else "normal"
    found = word if word in choices else _SCHEDULES.get(word, word)
    if found in choices:
        return found
    raise Unsupported(_unknown("schedule", word, _NEAREST_SCHEDULES, (*choices, *_SCHEDULES)))


def _unknown(field: str, word: str, nearest: dict[str, str], known: Sequence[str]) -> str:
    if word in nearest:
        return f"{field}={word} is none that ComfyUI has; the nearest is {field}={nearest[word]}"
    close = get_close_matches(word, known, n=3)
    hint = f"close are {', '.join(close)}" if close else f"it has {', '.join(known)}"
    return f"{field}={word} is none that the server has; {hint}"
