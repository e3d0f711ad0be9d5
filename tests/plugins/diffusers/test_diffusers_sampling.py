"""Samplers and schedules: each entry of the table runs, and starts where the papers say."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pytest
from animorch_diffusers.quiet import quiet
from animorch_diffusers.sampling import SAMPLERS, SCHEDULES, sampling_problems, scheduler_for
from rendering import render

PAIRS = [(name, schedule) for name, sampler in SAMPLERS.items() for schedule in sampler.schedules]


@pytest.mark.parametrize(("sampler", "schedule"), PAIRS, ids=lambda word: word)
def test_every_entry_of_the_table_renders(spec, backend, sampler, schedule) -> None:
    clip = render(backend, spec(sampler=sampler, schedule=schedule, frames=2))
    assert clip.frames.std() > 1


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_schedule_of_the_table_is_one_that_the_class_takes(name) -> None:
    import diffusers

    sampler = SAMPLERS[name]
    takes = signature(getattr(diffusers, sampler.scheduler).__init__).parameters
    for schedule in sampler.schedules if name != "lcm" else ():
        assert set(SCHEDULES[schedule]) <= set(takes)
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
        ({"sampler": "euler_a", "schedule": "karras"}, "it takes: normal, sgm_uniform, ddim_uniform"),
        ({"schedule": "karas", "sampler": "euler"}, "did you mean karras?"),
        ({"sampler": "lcm", "steps": 51}, "more than the 50"),
    ],
)
def test_what_cannot_be_honoured_is_refused_with_what_can(spec, fields, match) -> None:
    (sentence,) = sampling_problems(spec(**fields))
    assert match in sentence
