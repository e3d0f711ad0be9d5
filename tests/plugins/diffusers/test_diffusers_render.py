"""What a render is: the stock pipeline's frames, bit for bit, and nothing on the terminal."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rendering import render

from animorch import BackendError, Unsupported


def stock(spec: Any, scheduler: str, **told: Any) -> np.ndarray:
    """Frames of diffusers' AnimateDiffPipeline called as its documentation says."""
    import diffusers
    import torch
    from animorch_diffusers.quiet import quiet

    with quiet():
        pipe = diffusers.AnimateDiffPipeline.from_pretrained(
            spec.checkpoint.path,
            motion_adapter=diffusers.MotionAdapter.from_pretrained(spec.motion.path),
            feature_extractor=None,
            image_encoder=None,
        )
        pipe.scheduler = getattr(diffusers, scheduler)(
            beta_schedule="linear", beta_start=0.00085, beta_end=0.012, steps_offset=1, **told
        )
        frames = pipe(
            prompt=spec.prompt,
            negative_prompt=spec.negative_prompt,
            num_frames=spec.frames,
            width=spec.width,
            height=spec.height,
            num_inference_steps=spec.steps,
            guidance_scale=spec.cfg,
            generator=torch.Generator("cpu").manual_seed(spec.seed),
        ).frames[0]
    return np.stack([np.asarray(frame) for frame in frames])


@pytest.mark.parametrize("module", ["motion_a", "motion_v1"])
@pytest.mark.parametrize(
    ("sampler", "scheduler", "told"),
    [
        (
            "ddim",
            "DDIMScheduler",
            {"clip_sample": False, "set_alpha_to_one": False, "timestep_spacing": "linspace"},
        ),
        ("euler_a", "EulerAncestralDiscreteScheduler", {"timestep_spacing": "linspace"}),
    ],
)
def test_frames_are_the_stock_pipelines_bit_for_bit(
    spec, motion, backend, module, sampler, scheduler, told
) -> None:
    asked = spec(motion=motion(module), sampler=sampler)
    assert np.array_equal(render(backend, asked).frames, stock(asked, scheduler, **told))


def test_a_clip_has_the_frames_and_size_asked_for(spec, backend) -> None:
    clip = render(backend, spec(frames=3, width=72, height=64))
    assert (len(clip), clip.width, clip.height) == (3, 72, 64)


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "a dog"},
        {"negative_prompt": "a dog"},
        {"seed": 8},
        {"cfg": 3},
        {"clip_skip": 2},
        {"motion_scale": 1.5},
        {"sampler": "euler"},
        {"steps": 3},
    ],
    ids=lambda other: next(iter(other)),
)
def test_each_field_changes_the_picture(spec, backend, other) -> None:
    assert not np.array_equal(render(backend, spec()).frames, render(backend, spec(**other)).frames)


def test_the_beta_schedule_of_the_motion_module_changes_the_picture(spec, motion, backend) -> None:
    other = spec(motion=motion("motion_a", beta_schedule="scaled_linear"))
    assert not np.array_equal(render(backend, spec()).frames, render(backend, other).frames)


def test_the_largest_seed_renders(spec, backend) -> None:
    assert not np.array_equal(*(render(backend, spec(seed=seed)).frames for seed in (0, 2**64 - 1)))


def test_seeds_alike_in_their_low_32_bits_are_one_noise_as_in_torch(spec, backend) -> None:
    assert np.array_equal(*(render(backend, spec(seed=seed)).frames for seed in (5, 2**32 + 5)))


def test_cfg_of_one_and_below_ignores_the_negative_prompt(spec, backend) -> None:
    frames = [
        render(backend, spec(cfg=cfg, negative_prompt=text)).frames for cfg, text in ((1, "x"), (0, "y"))
    ]
    assert np.array_equal(*frames)


def test_motion_scale_goes_back_to_one_afterwards(spec, backend) -> None:
    before = render(backend, spec()).frames
    render(backend, spec(motion_scale=2))
    assert np.array_equal(render(backend, spec()).frames, before)


def test_decode_chunk_and_threads_move_a_pixel_by_one_level_at_most(spec, fresh) -> None:
    frames = fresh(spec(frames=5)).astype(int)
    assert abs(frames - fresh(spec(frames=5), decode_chunk=2)).max() <= 1


def test_progress_is_told_after_every_step(spec, backend) -> None:
    told: list[tuple[int, int]] = []
    backend.render(spec(steps=3), lambda step, total: told.append((step, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_second_order_sampler_tells_its_calls(spec, backend) -> None:
    told: list[tuple[int, int]] = []
    backend.render(spec(steps=3, sampler="heun"), lambda step, total: told.append((step, total)))
    assert told[-1] == (5, 5)


def test_nothing_is_written_to_the_terminal(spec, motion, backend, weights: Path, capfd, recwarn) -> None:
    render(backend, spec(prompt="cat " * 90, loras=[str(weights / "lora_kohya.safetensors")]))
    render(backend, spec(motion=motion("motion_v1.ckpt"), motion_loras=[str(weights / "motion_lora.ckpt")]))
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_the_record_names_device_and_libraries(spec, backend) -> None:
    render(backend, spec())
    assert {"device", "device_name", "torch", "diffusers", "transformers"} <= set(backend.environment())


def broken(weights: Path, folder: Path) -> str:
    """A copy of the tiny checkpoint whose VAE overflows."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(weights / "checkpoint", folder)
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    tensors["decoder.conv_out.weight"].fill_(float("inf"))
    save_file(tensors, file, metadata={"format": "pt"})
    return str(folder)


def test_an_overflow_is_an_error_and_not_a_black_clip(spec, backend, weights: Path, tmp_path: Path) -> None:
    checkpoint = {"name": "broken", "base": "sd15", "path": broken(weights, tmp_path / "broken")}
    with pytest.raises(
        BackendError, match=r"the VAE gave numbers that are not finite .* backend\.dtype=fp32"
    ):
        render(backend, spec(checkpoint=checkpoint))


def test_more_frames_than_the_table_of_the_file_are_refused_by_name(spec, motion, backend) -> None:
    with pytest.raises(Unsupported, match="frames=25 is more than the 24 that motion=motion_v1 has"):
        render(backend, spec(motion=motion("motion_v1"), frames=25))


def test_bf16_renders_on_the_cpu(spec, fresh) -> None:
    assert abs(fresh(spec()).astype(int) - fresh(spec(), dtype="bf16")).mean() < 20


@pytest.mark.gpu
def test_cuda_starts_from_the_same_noise_as_the_cpu(spec, fresh) -> None:
    import torch
    from animorch_diffusers import DiffusersBackend

    if not torch.cuda.is_available():
        pytest.skip("this machine has no CUDA device")
    on_gpu = render(DiffusersBackend(device="cuda", dtype="fp32"), spec()).frames
    assert abs(on_gpu.astype(int) - fresh(spec())).mean() < 2


def test_a_device_that_is_not_there_is_named(spec) -> None:
    import torch
    from animorch_diffusers import DiffusersBackend

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(
        BackendError, match=r"backend\.device=cuda was chosen and torch .* finds no such device"
    ):
        render(DiffusersBackend(device="cuda"), spec())
