"""The graph builder: what a spec becomes on a server."""

from __future__ import annotations

from typing import Any

import pytest
from animorch_comfyui.graph import GraphOptions, build
from animorch_comfyui.offers import Offers
from comfyui_graphs import CHECKPOINT, V1, XL, assert_taken, graph, inputs, kinds, offers, server, spec

from animorch import Unsupported

CONTEXTS = {
    None: "ADE_LoopedUniformContextOptions",
    "uniform": "ADE_StandardUniformContextOptions",
    "static": "ADE_StandardStaticContextOptions",
    "batched": "ADE_BatchedContextOptions",
}


def test_a_plain_spec_is_a_checkpoint_a_motion_module_a_sampler_and_saved_frames() -> None:
    built = build(spec(prompt="a fox", negative_prompt="text", seed=2**64 - 1, cfg=4), offers())
    assert_taken(built, server())
    assert built.frames == "frames"
    assert built.samplers == ("sampler",)
    assert built.steps == 4
    assert built.loads == ("random_sd15.safetensors", "mm_sd_v15_v2.ckpt")
    assert built.graph["prompt"]["inputs"]["text"] == "a fox"
    assert built.graph["negative"]["inputs"]["text"] == "text"
    sampler = inputs(built.graph, "KSampler")
    assert (sampler["seed"], sampler["cfg"], sampler["denoise"]) == (2**64 - 1, 4.0, 1.0)
    assert inputs(built.graph, "EmptyLatentImage") == {"width": 64, "height": 48, "batch_size": 6}


def test_titles_say_to_people_what_the_ids_say() -> None:
    assert {said["_meta"]["title"] for said in graph(spec()).values()} >= {"motion applied", "frames"}


def test_loras_are_a_chain_that_both_model_and_text_go_through() -> None:
    found = graph(spec(loras=["random_style:0.8", "detail:-0.5"]))
    assert found["lora_1"]["inputs"]["model"] == ["checkpoint", 0]
    assert found["lora_2"]["inputs"]["model"] == ["lora_1", 0]
    assert found["lora_2"]["inputs"]["clip"] == ["lora_1", 1]
    assert found["lora_2"]["inputs"]["strength_clip"] == -0.5
    assert found["prompt"]["inputs"]["clip"] == ["lora_2", 1]
    assert found["animated"]["inputs"]["model"] == ["lora_2", 0]


def test_what_is_loaded_is_told_dearest_first() -> None:
    asked = spec(loras=["detail"], motion_loras=["v2_lora_ZoomIn"])
    assert build(asked, offers()).loads[:2] == ("random_sd15.safetensors", "mm_sd_v15_v2.ckpt")
    assert len(build(asked, offers()).loads) == 4


def test_clip_skip_counts_layers_as_a1111_does() -> None:
    assert "clip_skip" not in graph(spec())
    assert inputs(graph(spec(clip_skip=2)), "CLIPSetLastLayer")["stop_at_clip_layer"] == -2
    assert inputs(graph(spec(**XL, clip_skip=2)), "CLIPSetLastLayer")["stop_at_clip_layer"] == -3


def test_another_vae_encodes_and_decodes() -> None:
    found = graph(spec(vae={"name": "vae-ft-mse-840000-ema-pruned"}))
    assert found["decode"]["inputs"]["vae"] == ["vae", 0]


def test_motion_scale_and_motion_loras_go_to_the_applied_module() -> None:
    assert "motion_scale" not in graph(spec(motion_scale=1.0))
    found = graph(spec(motion_scale=1.3, motion_loras=["v2_lora_ZoomIn:0.7", "v2_lora_PanLeft"]))
    assert found["motion_scale"]["inputs"]["float_val"] == 1.3
    assert found["motion_lora_2"]["inputs"]["prev_motion_lora"] == ["motion_lora_1", 0]
    assert found["motion_applied"]["inputs"]["motion_lora"] == ["motion_lora_2", 0]
    assert found["motion_applied"]["inputs"]["scale_multival"] == ["motion_scale", 0]


def test_gen1_serves_where_gen2_is_absent_or_asked_for() -> None:
    busy = spec(motion_scale=1.2, frames=20, window={"length": 16}, motion_loras=["v2_lora_ZoomIn"])
    for found in (graph(busy, "ADE_UseEvolvedSampling"), graph(busy, gen="gen1")):
        animated = inputs(found, "ADE_AnimateDiffLoaderGen1")
        assert animated["model_name"] == "mm_sd_v15_v2.ckpt"
        assert animated["context_options"] == ["window", 0]
        assert animated["scale_multival"] == ["motion_scale", 0]
        assert "ADE_LoadAnimateDiffModel" not in kinds(found)
    assert "ADE_UseEvolvedSampling" in kinds(graph(busy))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "sqrt_linear (AnimateDiff)"),
        ({"beta_schedule": "scaled_linear"}, "linear (HotshotXL/default)"),
        ({"beta_schedule": "scaled_linear", "beta_end": 0.02}, "linear (AnimateDiff-SDXL)"),
        ({"beta_schedule": "squaredcos_cap_v2"}, "squaredcos_cap_v2"),
    ],
)
def test_betas_are_said_in_the_servers_words(changes: dict[str, Any], word: str) -> None:
    found = graph(spec(motion=V1 | changes))
    assert found["animated"]["inputs"]["beta_schedule"] == word
    assert "noise" not in found


def test_the_lcm_sampler_steps_out_of_its_distillation() -> None:
    found = graph(spec(sampler="lcm", schedule="sgm_uniform", cfg=1.5))
    assert found["animated"]["inputs"]["beta_schedule"] == "lcm >> sqrt_linear"
    assert inputs(found, "KSampler")["sampler_name"] == "lcm"


def test_unusual_betas_are_given_as_numbers() -> None:
    found = graph(spec(motion=V1 | {"beta_start": 0.001}))
    raw = inputs(found, "ADE_RawSigmaSchedule")
    assert (raw["raw_beta_schedule"], raw["linear_start"], raw["linear_end"]) == ("sqrt_linear", 0.001, 0.012)
    assert found["noise"]["inputs"]["sigma_schedule"] == ["betas", 0]


@pytest.mark.parametrize("schedule", CONTEXTS)
@pytest.mark.parametrize("fuse", ["flat", "pyramid", "overlap_linear"])
def test_each_window_schedule_has_its_context_options(schedule: str | None, fuse: str) -> None:
    window = {"length": 8, "overlap": 3, "schedule": schedule, "fuse": fuse}
    found = graph(spec(frames=20, window=window))
    context = inputs(found, CONTEXTS[schedule])
    assert context["context_length"] == 8
    assert context.get("context_overlap") == (None if schedule == "batched" else 3)
    assert context.get("fuse_method") == (None if schedule == "batched" else fuse.replace("_", "-"))
    assert found["animated"]["inputs"]["context_options"] == ["window", 0]


def test_stride_levels_and_a_closed_loop_are_the_looped_windows() -> None:
    window = {"length": 8, "overlap": 2, "stride_levels": 3, "closed_loop": True}
    context = inputs(graph(spec(frames=20, window=window)), CONTEXTS[None])
    assert (context["context_stride"], context["closed_loop"]) == (3, True)


def test_a_window_longer_than_the_clip_is_none() -> None:
    assert "window" not in graph(spec(frames=6, window={"length": 16}))


def test_freeinit_is_passes_of_the_sampler() -> None:
    found = graph(spec(freeinit={"iterations": 3, "filter": "gaussian", "order": 2, "spatial": 0.3}))
    free = inputs(found, "ADE_IterationOptsFreeInit")
    assert (free["iterations"], free["filter"], free["n_butterworth"]) == (3, "gaussian", 2)
    assert (free["d_s"], free["d_t"], free["apply_to_1st_iter"]) == (0.3, 0.25, False)
    assert build(spec(freeinit={"iterations": 3}), offers()).steps == 12


def test_freenoise_is_taken_from_the_window() -> None:
    free = {"length": 8, "stride": 6}
    found = graph(spec(frames=20, window={"length": 8, "overlap": 2}, freenoise=free))
    assert found["noise"]["inputs"]["noise_type"] == "FreeNoise"
    assert found["animated"]["inputs"]["sample_settings"] == ["noise", 0]


def test_noise_may_be_drawn_frame_by_frame() -> None:
    assert "noise" not in graph(spec())
    assert graph(spec(), noise="auto1111")["noise"]["inputs"]["seed_gen"] == "auto1111"


def test_seeds_that_count_up_stay_seeds() -> None:
    highest = spec(seed=2**64 - 6)
    assert graph(highest, noise="auto1111")["sampler"]["inputs"]["seed"] == 2**64 - 6
    with pytest.raises(Unsupported, match="lower seed"):
        build(spec(seed=2**64 - 5), offers(), {}, GraphOptions(noise="auto1111"))
    with pytest.raises(Unsupported, match="lower seed"):
        build(spec(seed=2**64 - 1, freeinit={"iterations": 2}), offers())


def test_a_newer_node_gets_the_default_of_what_it_requires_besides() -> None:
    info = server().info()
    info["VAEDecode"]["input"]["required"]["precision"] = ["COMBO", {"options": ["auto", "fp32"]}]
    found = build(spec(), Offers(info))
    assert found.graph["decode"]["inputs"]["precision"] == "auto"


def test_more_frames_than_a_latent_holds_go_into_the_large_one() -> None:
    info = server().info()
    info["EmptyLatentImage"]["input"]["required"]["batch_size"][1]["max"] = 10
    found = build(spec(frames=12, width=64, height=64), Offers(info)).graph
    assert found["latents"]["class_type"] == "ADE_EmptyLatentImageLarge"


def test_a_sweep_of_cfg_over_three_points_differs_in_the_samplers_cfg_alone() -> None:
    graphs = [graph(spec(cfg=cfg, prompt_travel={0: "a", 3: "b"})) for cfg in (3, 6, 9)]
    found = {made["sampler"]["inputs"].pop("cfg") for made in graphs}
    assert found == {3.0, 6.0, 9.0}
    assert graphs[0] == graphs[1] == graphs[2]


def test_a_travel_over_64_frames_slides_a_window() -> None:
    travel = {0: "a red fox in snow", 32: "a blue whale", 63: "a paper boat"}
    asked = spec(
        checkpoint=CHECKPOINT,
        frames=64,
        prompt_travel=travel,
        window={"length": 16, "overlap": 4},
        sampler="dpmpp_2m",
        schedule="karras",
        steps=2,
        width=64,
        height=64,
    )
    found = graph(asked)
    assert inputs(found, "EmptyLatentImage")["batch_size"] == 64
    schedule = inputs(found, "BatchPromptSchedule")
    assert (schedule["max_frames"], schedule["start_frame"], schedule["end_frame"]) == (64, 0, 64)
    assert inputs(found, CONTEXTS[None])["context_length"] == 16
    assert found["sampler"]["inputs"]["positive"] == ["prompt_travel", 0]
