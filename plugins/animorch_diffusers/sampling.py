"""Sampling: samplers and schedules by the names that A1111 and ComfyUI users type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.util import find_spec
from inspect import signature
from typing import Any

from animorch import RenderSpec

# schedule → what the diffusers scheduler is told
SCHEDULES: Mapping[str, Mapping[str, Any]] = {
    "normal": {"timestep_spacing": "linspace"},
    "sgm_uniform": {"timestep_spacing": "trailing"},
    "ddim_uniform": {"timestep_spacing": "leading"},
    "karras": {"timestep_spacing": "linspace", "use_karras_sigmas": True},
    "exponential": {"timestep_spacing": "linspace", "use_exponential_sigmas": True},
    "beta": {"timestep_spacing": "linspace", "use_beta_sigmas": True},
}
_SCHEDULE_ALIASES = {"linspace": "normal", "trailing": "sgm_uniform", "leading": "ddim_uniform"}
_SPACINGS = ("normal", "sgm_uniform", "ddim_uniform")
_ALL = tuple(SCHEDULES)


@dataclass(frozen=True)
class Sampler:
    """A diffusers scheduler class, what it is told, and the schedules it can honour."""

    scheduler: str
    schedules: tuple[str, ...] = _ALL
    options: Mapping[str, Any] = field(default_factory=dict)
    needs_scipy: bool = False
    most_steps: int = 1000


_MULTISTEP = "DPMSolverMultistepScheduler"
_SDE = {"algorithm_type": "sde-dpmsolver++"}
SAMPLERS: Mapping[str, Sampler] = {
    "ddim": Sampler("DDIMScheduler", _SPACINGS),
    "ddpm": Sampler("DDPMScheduler", _SPACINGS),
    "deis": Sampler("DEISMultistepScheduler"),
    "dpm_2": Sampler("KDPM2DiscreteScheduler"),
    "dpm_2_a": Sampler("KDPM2AncestralDiscreteScheduler"),
    "dpmpp_2m": Sampler(_MULTISTEP),
    "dpmpp_2m_sde": Sampler(_MULTISTEP, options=_SDE),
    "dpmpp_3m_sde": Sampler(_MULTISTEP, options={**_SDE, "solver_order": 3}),
    "euler": Sampler("EulerDiscreteScheduler"),
    "euler_a": Sampler("EulerAncestralDiscreteScheduler", _SPACINGS),
    "heun": Sampler("HeunDiscreteScheduler"),
    # LCM picks its steps out of the 50 it was distilled on and knows no other spacing
    "lcm": Sampler("LCMScheduler", ("normal",), most_steps=50),
    "lms": Sampler("LMSDiscreteScheduler", needs_scipy=True),
    "pndm": Sampler("PNDMScheduler", _SPACINGS, {"skip_prk_steps": True}),
    "unipc": Sampler("UniPCMultistepScheduler"),
}
_SAMPLER_ALIASES = {
    "dpm_2_ancestral": "dpm_2_a",
    "euler_ancestral": "euler_a",
    "plms": "pndm",
    "uni_pc": "unipc",
}
_KEPT = ("num_train_timesteps", "prediction_type", "rescale_betas_zero_snr")  # facts of the checkpoint
# set_alpha_to_one false is in every SD1.5 scheduler config; AnimateDiff samples unclipped, offset 1
_HOUSE = {"steps_offset": 1, "clip_sample": False, "set_alpha_to_one": False}


def sampler_named(name: str) -> Sampler | None:
    """The table's entry, through the peers' other spellings."""
    return SAMPLERS.get(_SAMPLER_ALIASES.get(name, name))


def sampling_problems(spec: RenderSpec) -> Iterator[str]:
    """A sentence for each of sampler, schedule and steps that cannot be honoured."""
    sampler = sampler_named(spec.sampler)
    if sampler is None:
        yield _unknown_sampler(spec.sampler)
        return
    schedule = _SCHEDULE_ALIASES.get(spec.schedule, spec.schedule)
    if schedule not in sampler.schedules:
        can = ", ".join(sampler.schedules)
        yield (
            f"schedule={spec.schedule} does not go with sampler={spec.sampler} in diffusers; "
            f"{_near(spec.schedule, sampler.schedules)}it takes: {can}"
        )
    if spec.steps > sampler.most_steps:
        yield (
            f"steps={spec.steps} is more than the {sampler.most_steps} that sampler={spec.sampler} can "
            "take; lower steps"
        )
    if (sampler.needs_scipy or schedule == "beta") and find_spec("scipy") is None:
        yield (
            f"sampler={spec.sampler} with schedule={spec.schedule} needs scipy, which is not installed; "
            "run: pip install scipy"
        )


def _unknown_sampler(name: str) -> str:
    if name == "dpmpp_sde":
        return (
            "sampler=dpmpp_sde draws torchsde's noise, which the diffusers backend does not carry; "
            "dpmpp_2m_sde is the nearest it has"
        )
    known = (*SAMPLERS, *_SAMPLER_ALIASES)
    return (
        f"sampler={name} is not known to the diffusers backend; {_near(name, known)}it has: "
        f"{', '.join(SAMPLERS)}"
    )


def _near(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}? " if close else ""


def scheduler_for(spec: RenderSpec, of_checkpoint: Mapping[str, Any]) -> Any:
    """A fresh diffusers scheduler.

    Betas are the motion module's; the prediction type is the checkpoint's own.
    """
    import diffusers

    sampler = sampler_named(spec.sampler)
    assert sampler is not None, spec.sampler  # preflight has refused it
    cls = getattr(diffusers, sampler.scheduler)
    told = {
        **_HOUSE,
        **{key: of_checkpoint[key] for key in _KEPT if key in of_checkpoint},
        "beta_schedule": spec.motion.beta_schedule,
        "beta_start": spec.motion.beta_start,
        "beta_end": spec.motion.beta_end,
        **SCHEDULES[_SCHEDULE_ALIASES.get(spec.schedule, spec.schedule)],
        **sampler.options,
    }
    takes = signature(cls.__init__).parameters
    return cls(**{key: value for key, value in told.items() if key in takes})
