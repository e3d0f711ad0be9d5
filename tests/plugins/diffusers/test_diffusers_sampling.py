"""Samplers and schedules: each pair of the table denoises, and starts where the papers say."""

from __future__ import annotations

import copy
from inspect import signature
from typing import Any

import numpy as np
import pytest
import torch
from animorch_diffusers.quiet import quiet
from animorch_diffusers.sampling import (
    NEAREST,
    SAMPLERS,
    SCHEDULES,
    sampler_named,
    sampling_problems,
    scheduler_for,
)
from animorch_diffusers.spacing import SPACINGS, levels
from hypothesis import given
from hypothesis import strategies as st
from rendering import render

from animorch import RenderSpec

PAIRS = [(name, schedule) for name, sampler in SAMPLERS.items() for schedule in sampler.schedules]
# diffusers steps as if these were spaced evenly from 0, and they are not: noise is left (docs/sampling.md)
LEFT_OVER = {("ddim", "normal"): 0.6, ("pndm", "normal"): 0.6}
SCALED = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


def plain(motion: dict[str, Any] | None = None, **fields: Any) -> RenderSpec:
    """A spec without files, for schedulers alone."""
    weights = {"name": "none", "base": "sd15", "path": "none"}
    return RenderSpec.model_validate({"checkpoint": weights, "motion": weights | (motion or {})} | fields)


def made(motion: dict[str, Any] | None = None, **fields: Any) -> Any:
    with quiet():  # diffusers hands torch tensors to numpy in a way that numpy 2 deprecates
        return scheduler_for(plain(motion, **fields), {})


def told(scheduler: Any, steps: int) -> Any:
    with quiet():
        scheduler.set_timesteps(steps)
    return scheduler


def denoised(scheduler: Any, steps: int) -> torch.Tensor:
    """What is made of noise by a model that knows that every clip is 0.7 grey: (1, 4, 2, 4, 4)."""
    told(scheduler, steps)
    generator = torch.Generator().manual_seed(0)
    noise = scheduler.alphas_cumprod.double().numpy()
    log_sigmas = np.log((1 - noise) / noise) / 2
    grey, sample = 0.7, torch.randn((1, 4, 2, 4, 4), generator=generator) * scheduler.init_noise_sigma
    takes = signature(scheduler.step).parameters
    extra = {key: value for key, value in (("eta", 0.0), ("generator", generator)) if key in takes}
    with quiet():
        return _through(scheduler, sample, log_sigmas, grey, extra)


def _through(scheduler: Any, sample: Any, log_sigmas: Any, grey: float, extra: dict[str, Any]) -> Any:
    for timestep in scheduler.timesteps:
        sigma = np.exp(np.interp(float(timestep), np.arange(len(log_sigmas)), log_sigmas))
        seen = scheduler.scale_model_input(sample, timestep)
        left = (seen - grey / (1 + sigma**2) ** 0.5) * (1 + sigma**2) ** 0.5 / sigma
        sample = scheduler.step(left.float(), timestep, sample, **extra).prev_sample
    return sample


@pytest.mark.parametrize(("sampler", "schedule"), PAIRS, ids=lambda word: word)
def test_every_pair_of_the_table_finds_what_a_perfect_model_knows(sampler, schedule) -> None:
    error = (denoised(made(sampler=sampler, schedule=schedule), 10) - 0.7).abs().max()
    assert error < LEFT_OVER.get((sampler, schedule), 0.15)  # 0.03 is the lowest noise level, 4 its largest


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_schedule_takes_the_steps_that_are_asked_for(name) -> None:
    schedules = SAMPLERS[name].schedules
    for schedule in schedules[:: len(schedules) - 1] if name.startswith("dpm_2") else schedules:
        scheduler = made(sampler=name, schedule=schedule)
        for steps in (9, 1, 4):
            told(scheduler, steps)
            calls = {1: steps, 2: 2 * steps - 1}[scheduler.order] + (name == "pndm" and steps > 1)
            assert len(scheduler.timesteps) == calls
            assert torch.isfinite(scheduler.timesteps.float()).all()


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_renders_with_its_first_and_its_last_schedule(spec, backend, name) -> None:
    schedules = SAMPLERS[name].schedules
    for schedule in {schedules[0], schedules[-1]}:
        clip = render(backend, spec(sampler=name, schedule=schedule, frames=2))
        assert clip.frames.std() > 1


@pytest.mark.parametrize("sampler", ["euler", "euler_a", "dpmpp_2m", "heun", "lcm"])
def test_a_copied_scheduler_is_one_of_its_own(sampler) -> None:
    first = made(sampler=sampler, schedule="simple")
    second = copy.deepcopy(told(first, 8))
    told(second, 4)
    assert len(first.timesteps) > len(second.timesteps)


NOISE = np.exp(np.linspace(np.log(0.03), np.log(25), 1000))


@given(schedule=st.sampled_from(sorted(SPACINGS)), steps=st.integers(1, 200))
def test_noise_levels_fall_from_the_highest_and_stay_within_the_trained(schedule, steps) -> None:
    found = levels(NOISE, steps, schedule, "sd15")
    assert len(found) == steps
    assert (np.diff(found) < 0).all()
    assert found[-1] >= NOISE[0] * (1 - 1e-9)
    assert schedule == "ddim_uniform" or found[0] == pytest.approx(NOISE[-1])


def test_our_levels_are_diffusers_own_where_both_have_them() -> None:
    for schedule in ("karras", "exponential", "beta"):
        theirs = told(made(sampler="euler", schedule=schedule), 20).sigmas
        ours = told(made(sampler="euler_a", schedule=schedule), 20).sigmas
        assert torch.allclose(theirs, ours, rtol=1e-4)


def test_align_your_steps_has_its_published_levels_on_sd15s_own_betas() -> None:
    found = told(made(SCALED, sampler="euler", schedule="align_your_steps"), 10).sigmas
    published = (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.0)
    assert found.tolist() == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ("simple", (999, 749, 499, 249)),
        ("sgm_uniform", (999, 749, 499, 249)),
        ("beta_timesteps", (999, 823, 500, 176)),  # quantiles 1, 0.75, 0.5, 0.25 of Beta(0.6, 0.6)
    ],
)
def test_four_steps_are_at_the_known_timesteps(schedule, times) -> None:
    found = told(made(sampler="euler", schedule=schedule), 4).timesteps
    assert found.tolist() == pytest.approx(times, abs=1)


def test_kl_optimal_is_even_in_the_arctangent() -> None:
    found = told(made(sampler="euler", schedule="kl_optimal"), 4).sigmas
    assert found.tolist() == pytest.approx((25.146, 1.667, 0.585, 0.0292, 0.0), rel=0.005)


def test_align_your_steps_keeps_its_timesteps_on_a_motion_modules_betas() -> None:
    steps = told(made(sampler="euler", schedule="align_your_steps"), 10).timesteps
    assert steps.tolist() == pytest.approx([999, 850, 736, 645, 545, 455, 343, 233, 124, 24], abs=0.5)


def test_lcm_on_even_timesteps_is_at_them() -> None:
    scheduler = told(made(sampler="lcm", schedule="sgm_uniform"), 4)
    assert scheduler.timesteps.tolist() == [999, 749, 500, 250]


def test_ddim_with_karras_is_euler_with_karras() -> None:
    ddim, euler = (denoised(made(sampler=name, schedule="karras"), 6) for name in
                   ("ddim", "euler"))  # fmt: skip
    assert torch.allclose(ddim, euler, atol=1e-4)


@pytest.mark.parametrize(
    ("typed", "sampler"),
    [("DPM++ 2M", "dpmpp_2m"), ("Euler a", "euler_a"), ("DPM++ 2M SDE Heun", "dpmpp_2m_sde_heun"),
     ("DPM2 a", "dpm_2_a"), ("UniPC", "unipc"), ("dpmpp_3m_sde_gpu", "dpmpp_3m_sde")],
)  # fmt: skip
def test_the_names_that_a1111_and_comfyui_show_are_understood(typed, sampler) -> None:
    assert sampler_named(plain(sampler=typed).sampler) is SAMPLERS[sampler]


@pytest.mark.parametrize(
    ("schedule", "same"),
    [("SGM Uniform", "sgm_uniform"), ("DDIM", "ddim_uniform"), ("Uniform", "normal"),
     ("AYS", "align_your_steps"), ("Polyexponential", "exponential"), ("Automatic", "karras")],
)  # fmt: skip
def test_schedules_by_their_other_names_are_the_same(schedule, same) -> None:
    times = [told(made(sampler="dpmpp_2m", schedule=word), 9).timesteps.tolist()
             for word in (schedule, same)]  # fmt: skip
    assert times[0] == times[1]


def test_what_is_named_as_nearest_is_there() -> None:
    assert [name for name in NEAREST if name in SAMPLERS] == []
    assert [near for near in NEAREST.values() if near.partition(" ")[0] not in SAMPLERS] == []


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_schedule_of_the_table_is_one_that_the_class_takes(name) -> None:
    import diffusers

    sampler = SAMPLERS[name]
    takes = signature(getattr(diffusers, sampler.scheduler).__init__).parameters
    for schedule in sampler.native if sampler.most_steps == 1000 else ():
        words = set(SCHEDULES[schedule]) - ({"timestep_spacing"} if name == "dpmpp_2s" else set())
        assert words <= set(takes)  # dpmpp_2s knows one spacing, and takes no word for it
    assert set(sampler.options) <= set(takes)


@pytest.mark.parametrize(
    ("schedule", "first", "last"),
    [("ddim_uniform", (961, 921), 1), ("normal", (999, 957), 0), ("sgm_uniform", (999, 959), 39)],
)
def test_the_first_of_25_timesteps_are_the_known_ones(spec, schedule, first, last) -> None:
    scheduler = scheduler_for(spec(schedule=schedule, steps=25), {})
    scheduler.set_timesteps(25)
    steps = scheduler.timesteps.tolist()
    assert (tuple(steps[:2]), steps[-1], len(steps)) == (first, last, 25)


def test_lightning_at_four_steps_samples_where_it_was_distilled(spec) -> None:
    scheduler = scheduler_for(spec(sampler="euler", schedule="sgm_uniform", steps=4), {})
    with quiet():  # diffusers hands torch tensors to numpy in a way that numpy 2 deprecates
        scheduler.set_timesteps(4)
    assert scheduler.timesteps.tolist() == [999, 749, 499, 249]


@pytest.mark.parametrize(
    ("betas", "alpha"),
    [
        ({"beta_schedule": "linear"}, 0.161812),
        ({"beta_schedule": "scaled_linear"}, 0.277670),
        ({"beta_schedule": "scaled_linear", "beta_end": 0.020}, 0.170146),
        ({"beta_schedule": "linear", "beta_end": 0.014}, 0.125896),
    ],
)
def test_the_noise_schedule_is_the_motion_modules(spec, motion, betas, alpha) -> None:
    scheduler = scheduler_for(spec(motion=motion("motion_a", **betas)), {})
    assert float(scheduler.alphas_cumprod[499]) == pytest.approx(alpha, abs=1e-6)


def test_the_prediction_type_is_the_checkpoints(spec) -> None:
    assert scheduler_for(spec(), {"prediction_type": "v_prediction"}).config.prediction_type == "v_prediction"


@pytest.mark.parametrize(
    ("alias", "name"),
    [("euler_ancestral", "euler_a"), ("plms", "pndm"), ("uni_pc", "unipc"), ("dpm_2_ancestral", "dpm_2_a")],
)
def test_comfyuis_spellings_render_the_same(spec, backend, alias, name) -> None:
    frames = [render(backend, spec(sampler=word, frames=2)).frames for word in (alias, name)]
    assert np.array_equal(*frames)


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"sampler": "dpmp_2m"}, "did you mean dpmpp_2m? it has: ddim"),
        ({"sampler": "dpmpp_sde"}, "dpmpp_2m_sde is the nearest"),
        ({"sampler": "ddpm", "schedule": "karras"}, "it takes: normal, sgm_uniform, ddim_uniform"),
        ({"sampler": "DPM++ 2M Karras"}, "write sampler=dpmpp_2m schedule=karras"),
        ({"sampler": "k_lms"}, "write sampler=lms schedule=karras"),
        ({"sampler": "restart"}, "the nearest is sampler=heun"),
        ({"sampler": "dpmpp_2s_ancestral"}, "the nearest is sampler=dpmpp_2s"),
        ({"sampler": "euler_ancestral_cfg_pp"}, "the nearest is sampler=euler_ancestral"),
        ({"schedule": "karas", "sampler": "euler"}, "did you mean karras?"),
        ({"sampler": "lcm", "steps": 51}, "more than the 50"),
    ],
)
def test_what_cannot_be_honoured_is_refused_with_what_can(spec, fields, match) -> None:
    (sentence,) = sampling_problems(spec(**fields))
    assert match in sentence
