"""Sampling: samplers and schedules by the names that A1111 and ComfyUI users type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from importlib.util import find_spec
from inspect import signature
from typing import Any

from animorch import RenderSpec
from animorch_diffusers.spacing import SPACINGS, levels
from animorch_diffusers.told import told

# schedule → what the diffusers scheduler is told to compute it by itself
SCHEDULES: Mapping[str, Mapping[str, Any]] = {
    "normal": {"timestep_spacing": "linspace"},
    "sgm_uniform": {"timestep_spacing": "trailing"},
    "ddim_uniform": {"timestep_spacing": "leading"},
    "karras": {"timestep_spacing": "linspace", "use_karras_sigmas": True},
    "exponential": {"timestep_spacing": "linspace", "use_exponential_sigmas": True},
    "beta": {"timestep_spacing": "linspace", "use_beta_sigmas": True},
}
_SCHEDULE_ALIASES = {
    "linspace": "normal",
    "uniform": "normal",
    "trailing": "sgm_uniform",
    "sgmuniform": "sgm_uniform",
    "leading": "ddim_uniform",
    "ddim": "ddim_uniform",
    "polyexponential": "exponential",  # with A1111's rho of 1 it is that
    "ays": "align_your_steps",
}
_SPACINGS = ("normal", "sgm_uniform", "ddim_uniform")
_ALL = tuple(SCHEDULES)
# Schedules whose noise levels we compute and hand over
_FURTHER = ("simple", "beta_timesteps", "linear_quadratic", "kl_optimal", "align_your_steps")
_SIGMAS = ("karras", "exponential", "beta", *_FURTHER)
_APART = tuple(name for name in _FURTHER if name != "linear_quadratic")  # whose steps never nearly meet
_WHOLE = ("sgm_uniform", "ddim_uniform", "simple", "beta_timesteps")  # keep whole timesteps apart
_NEEDS_SCIPY = ("beta", "beta_timesteps")


@dataclass(frozen=True)
class Sampler:
    """A diffusers scheduler class, what it is told, and the schedules it can honour."""

    scheduler: str
    native: tuple[str, ...] = _ALL  # schedules that diffusers computes
    told: tuple[str, ...] = _FURTHER  # schedules that are computed in spacing.py
    told_by: str | None = None  # another class for `told`
    options: Mapping[str, Any] = field(default_factory=dict)
    automatic: str = "normal"  # the schedule that A1111 gives it by itself
    needs_scipy: bool = False
    most_steps: int = 1000

    @property
    def schedules(self) -> tuple[str, ...]:
        return self.native + self.told


_MULTISTEP = "DPMSolverMultistepScheduler"
_SDE = {"algorithm_type": "sde-dpmsolver++"}
_HEUN = {**_SDE, "solver_type": "heun"}
# LCM and TCD pick their steps out of the 50 they were distilled on
_DISTILLED: Mapping[str, Any] = {"native": ("normal",), "told": _WHOLE, "most_steps": 50}
SAMPLERS: Mapping[str, Sampler] = {
    # without fresh noise a DDIM step is Euler's in sigma (Song et al. 2021, equation 14), as in ComfyUI
    "ddim": Sampler("DDIMScheduler", _SPACINGS, _SIGMAS, told_by="EulerDiscreteScheduler"),
    "ddpm": Sampler("DDPMScheduler", _SPACINGS, ()),
    "deis": Sampler("DEISMultistepScheduler"),
    "dpm_2": Sampler("KDPM2DiscreteScheduler", told=_APART, automatic="karras"),
    "dpm_2_a": Sampler("KDPM2AncestralDiscreteScheduler", told=_APART, automatic="karras"),
    "dpmpp_2m": Sampler(_MULTISTEP, automatic="karras"),
    "dpmpp_2m_sde": Sampler(_MULTISTEP, options=_SDE, automatic="exponential"),
    "dpmpp_2m_sde_heun": Sampler(_MULTISTEP, options=_HEUN, automatic="exponential"),
    "dpmpp_3m_sde": Sampler(_MULTISTEP, options={**_SDE, "solver_order": 3}, automatic="exponential"),
    "dpmpp_2s": Sampler(
        "DPMSolverSinglestepScheduler",
        ("normal", "karras", "exponential", "beta"),
        ("sgm_uniform", "ddim_uniform", *_FURTHER),
        options={"lower_order_final": True},
        automatic="karras",
    ),
    "euler": Sampler("EulerDiscreteScheduler"),
    "euler_a": Sampler("EulerAncestralDiscreteScheduler", _SPACINGS, _SIGMAS),
    "heun": Sampler("HeunDiscreteScheduler"),
    "lcm": Sampler("LCMScheduler", **_DISTILLED),
    "lms": Sampler("LMSDiscreteScheduler", needs_scipy=True),
    "pndm": Sampler("PNDMScheduler", _SPACINGS, (), options={"skip_prk_steps": True}),
    "sa_solver": Sampler("SASolverScheduler"),
    "tcd": Sampler("TCDScheduler", **_DISTILLED),
    "unipc": Sampler("UniPCMultistepScheduler"),
}
_SAMPLER_ALIASES = {
    "dpm2": "dpm_2",
    "dpm2_a": "dpm_2_a",
    "dpm_2_ancestral": "dpm_2_a",
    "dpmpp_2m_sde_gpu": "dpmpp_2m_sde",
    "dpmpp_2m_sde_heun_gpu": "dpmpp_2m_sde_heun",
    "dpmpp_3m_sde_gpu": "dpmpp_3m_sde",
    "euler_ancestral": "euler_a",
    "plms": "pndm",
    "uni_pc": "unipc",
    "uni_pc_bh2": "unipc",
}
# What the peers have and diffusers has not → what comes nearest
NEAREST: Mapping[str, str] = {
    "dpm_adaptive": "dpmpp_2m",
    "dpm_fast": "dpmpp_2s",
    "dpmpp_2s_a": "dpmpp_2s (without its fresh noise)",
    "dpmpp_2s_ancestral": "dpmpp_2s (without its fresh noise)",
    "er_sde": "dpmpp_2m_sde",
    "gradient_estimation": "euler",
    "heunpp2": "heun",
    "ipndm": "deis",
    "ipndm_v": "deis",
    "res_multistep": "dpmpp_2m",
    "res_multistep_ancestral": "dpmpp_2m_sde",
    "restart": "heun",
    "sa_solver_pece": "sa_solver",
    "seeds_2": "dpmpp_2m_sde",
    "seeds_3": "dpmpp_3m_sde",
}
_KEPT = ("num_train_timesteps", "prediction_type", "rescale_betas_zero_snr")  # facts of the checkpoint
# set_alpha_to_one false is in every SD1.5 scheduler config; AnimateDiff samples unclipped, offset 1
_HOUSE = {"steps_offset": 1, "clip_sample": False, "set_alpha_to_one": False}


def sampler_named(name: str) -> Sampler | None:
    """The table's entry, through the peers' other spellings."""
    return SAMPLERS.get(_SAMPLER_ALIASES.get(name, name))


def schedule_of(spec: RenderSpec, sampler: Sampler) -> str:
    """The schedule's own name: aliases undone, `automatic` decided as A1111 1.9 and later do."""
    named = _SCHEDULE_ALIASES.get(spec.schedule, spec.schedule)
    return sampler.automatic if named == "automatic" else named


def sampling_problems(spec: RenderSpec) -> Iterator[str]:
    """A sentence for each of sampler, schedule and steps that cannot be honoured."""
    sampler = sampler_named(spec.sampler)
    if sampler is None:
        yield _unknown_sampler(spec.sampler)
        return
    schedule = schedule_of(spec, sampler)
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
    if (sampler.needs_scipy or schedule in _NEEDS_SCIPY) and find_spec("scipy") is None:
        yield (
            f"sampler={spec.sampler} with schedule={spec.schedule} needs scipy, which is not installed; "
            "run: pip install scipy"
        )


def _unknown_sampler(name: str) -> str:
    if name in ("dpmpp_sde", "dpmpp_sde_gpu"):
        return (
            f"sampler={name} draws torchsde's noise, which the diffusers backend does not carry; "
            "dpmpp_2m_sde is the nearest it has"
        )
    if both := _with_schedule(name):
        return f"sampler={name} names a sampler and a schedule; write sampler={both[0]} schedule={both[1]}"
    plain = name.removesuffix("_cfgpp").removesuffix("_cfg_pp")
    if plain in NEAREST or (plain != name and sampler_named(plain)):
        nearest = NEAREST.get(plain, plain)
        return f"sampler={name} is not one that diffusers has; the nearest is sampler={nearest}"
    known = (*SAMPLERS, *_SAMPLER_ALIASES)
    return (
        f"sampler={name} is not known to the diffusers backend; {_near(name, known)}it has: "
        f"{', '.join(SAMPLERS)}"
    )


def _with_schedule(name: str) -> tuple[str, str] | None:
    """`dpmpp_2m_karras` (A1111 before 1.9) and `k_dpmpp_2m` (animatediff-cli) taken apart."""
    pairs = [(name.removesuffix(f"_{word}"), word) for word in ("karras", *SPACINGS, *_SCHEDULE_ALIASES)]
    pairs += [(name.removeprefix("k_"), "karras")]
    return next((pair for pair in pairs if pair[0] != name and sampler_named(pair[0])), None)


def _near(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}? " if close else ""


def scheduler_for(spec: RenderSpec, of_checkpoint: Mapping[str, Any]) -> Any:
    """A fresh diffusers scheduler, whose set_timesteps takes the spec's schedule.

    Betas are the motion module's; the prediction type is the checkpoint's own.
    """
    import diffusers

    sampler = sampler_named(spec.sampler)
    assert sampler is not None, spec.sampler  # preflight has refused it
    schedule = schedule_of(spec, sampler)
    ours = schedule in sampler.told
    cls = getattr(diffusers, (sampler.told_by if ours else None) or sampler.scheduler)
    asked = {
        **_HOUSE,
        **{key: of_checkpoint[key] for key in _KEPT if key in of_checkpoint},
        "beta_schedule": spec.motion.beta_schedule,
        "beta_start": spec.motion.beta_start,
        "beta_end": spec.motion.beta_end,
        **({"timestep_spacing": "linspace"} if ours else SCHEDULES[schedule]),
        **sampler.options,
    }
    takes = signature(cls.__init__).parameters
    options = {key: value for key, value in asked.items() if key in takes}
    if ours:
        return told(cls, partial(levels, schedule=schedule, base=spec.checkpoint.base), options)
    return cls(**options)
