"""Betas: the noise schedule that a motion module was trained with, in AnimateDiff-Evolved's words.

diffusers' `linear` is what ComfyUI calls sqrt_linear, and diffusers' `scaled_linear` what it calls linear.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose

from animorch import RenderSpec

_USUAL = (0.00085, 0.012)
_RAW = {"linear": "sqrt_linear", "scaled_linear": "linear", "squaredcos_cap_v2": "squaredcos_cap_v2"}
_NAMED = {
    ("linear", False): "sqrt_linear (AnimateDiff)",
    ("linear", True): "lcm >> sqrt_linear",
    ("scaled_linear", False): "linear (HotshotXL/default)",
    ("scaled_linear", True): "lcm",
    ("squaredcos_cap_v2", False): "squaredcos_cap_v2",
}
_XL_END = 0.02  # of AnimateDiff's SDXL module
DISTILLED_STEPS = 50  # of latent consistency models (Luo et al. 2023, arXiv:2310.04378)


@dataclass(frozen=True)
class Betas:
    """A word of `beta_schedule`, or else (word None) what ADE_RawSigmaSchedule is told."""

    word: str | None
    raw: str
    start: float
    end: float
    sampling: str  # lcm with the sampler of that name, which takes steps out of its distillation; else eps


def betas_of(spec: RenderSpec) -> Betas:
    """The spec's betas; never `autoselect`, so that a graph says what is rendered."""
    motion, distilled = spec.motion, spec.sampler == "lcm"
    kind, start, end = motion.beta_schedule, motion.beta_start, motion.beta_end
    word = None
    if kind == "squaredcos_cap_v2" or (isclose(start, _USUAL[0]) and isclose(end, _USUAL[1])):
        word = _NAMED.get((kind, distilled))
    elif kind == "scaled_linear" and not distilled and isclose(start, _USUAL[0]) and isclose(end, _XL_END):
        word = "linear (AnimateDiff-SDXL)"
    return Betas(word, _RAW[kind], start, end, "lcm" if distilled else "eps")
