"""Samplers and schedules by the server's names."""

from __future__ import annotations

from typing import Any

import pytest
from animorch_comfyui.graph import build
from animorch_comfyui.offers import Offers
from comfyui_graphs import graph, inputs, server, spec


def sampled(**changes: Any) -> dict[str, Any]:
    return inputs(graph(spec(**changes)), "KSampler")


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("ddim", "ddim"),
        ("euler_a", "euler_ancestral"),
        ("DPM++ 2M", "dpmpp_2m"),
        ("dpmpp_2s_a", "dpmpp_2s_ancestral"),
        ("dpm2_a", "dpm_2_ancestral"),
        ("unipc", "uni_pc"),
        ("uni_pc_bh2", "uni_pc_bh2"),
        ("euler_cfgpp", "euler_cfg_pp"),
    ],
)
def test_samplers_go_by_the_servers_names(word: str, named: str) -> None:
    assert sampled(sampler=word)["sampler_name"] == named


@pytest.mark.parametrize(
    ("word", "sampler", "named"),
    [
        ("SGM Uniform", "euler", "sgm_uniform"),
        ("trailing", "euler", "sgm_uniform"),
        ("beta_timesteps", "euler", "beta"),
        ("automatic", "euler", "normal"),
        ("automatic", "dpmpp_2m", "karras"),
        ("automatic", "dpmpp_3m_sde_gpu", "exponential"),
    ],
)
def test_schedules_go_by_the_servers_names(word: str, sampler: str, named: str) -> None:
    assert sampled(schedule=word, sampler=sampler)["scheduler"] == named


def test_guidance_below_one_is_none() -> None:
    assert sampled(cfg=0.5)["cfg"] == 1.0


def test_a_server_that_grew_a_sampler_has_it() -> None:
    info = server().info()
    info["KSampler"]["input"]["required"]["sampler_name"][0].append("tcd")
    found = build(spec(sampler="tcd"), Offers(info))
    assert inputs(found.graph, "KSampler")["sampler_name"] == "tcd"
