"""Sampling: the server's names of a sampler and a schedule; an unknown one would be replaced in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from animorch import RenderSpec
from animorch_a1111.offers import Offers, Sampler

_SAMPLERS = {  # words of ComfyUI and diffusers → A1111's
    "ddim_cfg_pp": "ddim_cfgpp",
    "dpm_2": "dpm2",
    "dpm_2_a": "dpm2_a",
    "dpm_2_ancestral": "dpm2_a",
    "dpmpp_2s_ancestral": "dpmpp_2s_a",
    "euler_ancestral": "euler_a",
    "pndm": "plms",
    "uni_pc": "unipc",
}
_SCHEDULES = {  # words → A1111's schedulers; before 1.10 there is no Normal, and Uniform is the same levels
    "normal": ("normal", "uniform"),
    "linspace": ("normal", "uniform"),
    "trailing": ("sgm_uniform",),
    "sgmuniform": ("sgm_uniform",),
    "ddim_uniform": ("ddim",),
    "leading": ("ddim",),
    "ays": ("align_your_steps",),
}
# Samplers that walk fixed timesteps and look at no schedule, with the words that say what they do anyway
STEPWISE = {
    "ddim": ("normal", "automatic", "ddim_uniform", "ddim", "leading"),
    "ddim_cfgpp": ("normal", "automatic", "ddim_uniform", "ddim", "leading"),
    "plms": ("normal", "automatic", "ddim_uniform", "ddim", "leading"),
    "unipc": ("normal", "automatic"),
    "dpm_fast": ("normal", "automatic"),
}
_PLAIN = ("normal", "automatic", "linspace", "uniform")


class Sampling(NamedTuple):
    """`sampler` as infotexts name it; `scheduler` is a label, None where the server is not asked for one."""

    sampler: str
    scheduler: str | None
    problem: str = ""


def word(name: str) -> str:
    """A name as a RenderSpec writes it: `DPM++ 2M` is dpmpp_2m."""
    return re.sub(r"[\s-]+", "_", name.strip().lower().replace("+", "p"))


def sampling_for(spec: RenderSpec, offers: Offers) -> Sampling:
    """What the server is told, or a sentence."""
    if offers.schedulers is None:
        return _joined(spec, offers)
    sampler = _sampler(spec.sampler, offers)
    if sampler is None:
        return Sampling("", None, _unknown(spec.sampler, offers))
    own = STEPWISE.get(word(sampler.name))
    if own is not None:
        problem = "" if spec.schedule in own else _no_choice(spec, sampler, own)
        return Sampling(sampler.name, None, problem)
    words = _SCHEDULES.get(spec.schedule, (spec.schedule,))
    labels = {
        said: one.label for one in offers.schedulers for said in _words(one.name, one.label, *one.aliases)
    }
    found = next((labels[one] for one in words if one in labels), None)
    if found is None:
        have = [word(one.name) for one in offers.schedulers]
        return Sampling(
            sampler.name,
            None,
            f"schedule={spec.schedule} is none of the server's, which would take Automatic without a word; "
            f"{_near(spec.schedule, have)}it has: {', '.join(have)}",
        )
    return Sampling(sampler.name, found)


def always_refused(spec: RenderSpec) -> Iterator[str]:
    """What no server can honour."""
    if spec.sampler in ("dpm_adaptive", "dpm_ad"):
        yield "sampler=dpm_adaptive chooses its own steps, so `steps` would mean nothing; take dpmpp_2m"


def _joined(spec: RenderSpec, offers: Offers) -> Sampling:
    """Before 1.9.1 a schedule is part of the sampler's name: `DPM++ 2M Karras`."""
    plain = _sampler(spec.sampler, offers)
    if plain is None:
        return Sampling("", None, _unknown(spec.sampler, offers))
    own = STEPWISE.get(word(plain.name))
    if own is not None:
        return Sampling(plain.name, None, "" if spec.schedule in own else _no_choice(spec, plain, own))
    if spec.schedule in _PLAIN:
        return Sampling(plain.name, None)
    wanted = f"{word(plain.name)}_{spec.schedule}"
    found = next((one for one in offers.samplers if word(one.name) == wanted), None)
    if found is not None:
        return Sampling(found.name, None)
    start = f"{word(plain.name)}_"
    have = [word(one.name).removeprefix(start) for one in offers.samplers if word(one.name).startswith(start)]
    return Sampling(
        plain.name,
        None,
        f"schedule={spec.schedule} does not go with sampler={spec.sampler} on this server, which is older "
        f"than 1.9.1; it has: {', '.join(['normal', *have])}",
    )


def _sampler(name: str, offers: Offers) -> Sampler | None:
    wanted = _SAMPLERS.get(name, name).removesuffix("_gpu")
    return next((one for one in offers.samplers if wanted in _words(one.name, *one.aliases)), None)


def _words(*names: str) -> set[str]:
    said = {word(name) for name in names if name}
    return said | {one.removeprefix("k_") for one in said}


def _no_choice(spec: RenderSpec, sampler: Sampler, own: tuple[str, ...]) -> str:
    return (
        f"schedule={spec.schedule} has no effect on sampler={spec.sampler}: A1111's {sampler.name} spaces "
        f"its steps by itself; set schedule={own[0]}, or take a sampler that looks at it (euler, dpmpp_2m)"
    )


def _unknown(name: str, offers: Offers) -> str:
    have = [word(one.name) for one in offers.samplers]
    start = next((one for one in sorted(have, key=len, reverse=True) if name.startswith(f"{one}_")), None)
    if start and offers.schedulers is not None:
        schedule = name.removeprefix(f"{start}_")
        if any(schedule in _words(one.name, one.label, *one.aliases) for one in offers.schedulers):
            return f"sampler={name} names a sampler and a schedule; write sampler={start} schedule={schedule}"
    return (
        f"sampler={name} is none of the server's, which would take its first one without a word; "
        f"{_near(name, have)}it has: {', '.join(have) or 'none'}"
    )


def _near(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}? " if close else ""
