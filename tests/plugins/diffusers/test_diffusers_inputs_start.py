"""Init and mask: a clip that begins from pictures, as diffusers' video to video does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from animorch_diffusers.inputs.inputs import inputs_for
from diffusers import (
    AnimateDiffVideoToVideoPipeline,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
)
from PIL import Image
from stepping import denoised, noise_after

# diffusers' Euler and Heun hand torch tensors to numpy in a way that numpy 2 frowns on
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
CPU = (torch.device("cpu"), torch.float32, True)
BETAS = {"beta_schedule": "linear", "beta_start": 0.00085, "beta_end": 0.012, "steps_offset": 1}
SCHEDULERS = {
    "ddim": lambda: DDIMScheduler(**BETAS, clip_sample=False),
    "euler": lambda: EulerDiscreteScheduler(**BETAS, timestep_spacing="linspace"),
}
# the VAE's sample, (T, C, h, w), comes out of the seed before the noise, (1, T, C, h, w)
SHAPE = (1, 4, 4, 8, 8)
NOISE = noise_after(7, 4 * 4 * 8 * 8, SHAPE).permute(0, 2, 1, 3, 4)


@pytest.fixture(scope="module")
def pipe(weights: Path) -> Any:
    from tiny_control import animated

    return animated(weights, None)


def begun(pipe: Any, spec: Any, scheduler: Any, steps: int = 4) -> torch.Tensor:
    pipe.scheduler = scheduler
    return denoised(pipe, inputs_for(spec, pipe, *CPU), NOISE, steps)


@pytest.mark.parametrize("sampler", SCHEDULERS)
def test_a_film_becomes_another_as_in_the_stock_pipeline(pipe, spec, controls: Path, sampler) -> None:
    parts = {key: getattr(pipe, key) for key in ("vae", "text_encoder", "tokenizer", "unet")}
    stock = AnimateDiffVideoToVideoPipeline(**parts, motion_adapter=None, scheduler=SCHEDULERS[sampler]())
    stock.set_progress_bar_config(disable=True)
    expected = stock(
        video=[Image.open(path).convert("RGB") for path in sorted((controls / "film").iterdir())],
        prompt="a cat",
        negative_prompt="blurry",
        num_inference_steps=4,
        strength=0.6,
        width=64,
        height=64,
        generator=torch.Generator().manual_seed(7),
        output_type="latent",
    ).frames
    init = {"path": str(controls / "film"), "strength": 0.6}
    assert torch.equal(begun(pipe, spec(init=init), SCHEDULERS[sampler]()), expected)


@pytest.mark.parametrize(
    "scheduler", [*SCHEDULERS.values(), HeunDiscreteScheduler, DPMSolverMultistepScheduler]
)
def test_strength_is_the_share_of_steps_that_is_done(pipe, spec, controls: Path, scheduler) -> None:
    made = scheduler()
    made.set_timesteps(10)
    inputs = inputs_for(spec(init={"path": str(controls / "photo.png"), "strength": 0.3}), pipe, *CPU)
    _, timesteps = inputs.begin(NOISE, made, torch.Generator().manual_seed(7))
    assert timesteps.tolist() == made.timesteps.tolist()[7 * made.order :]


@pytest.mark.parametrize("scheduler", [*SCHEDULERS.values(), HeunDiscreteScheduler])
def test_the_black_of_a_mask_is_the_init_again_and_the_white_is_not(
    pipe, spec, controls: Path, scheduler
) -> None:
    photo = {"path": str(controls / "photo.png"), "strength": 0.9}
    mask = str(controls / "mask.png")
    masked = spec(init=photo, mask=mask)
    pipe.scheduler = scheduler()
    inputs = inputs_for(masked, pipe, *CPU)
    found = denoised(pipe, inputs, NOISE, 3)
    init = inputs.start._encoded
    assert torch.allclose(found[..., 4:], init[..., 4:], atol=1e-5)
    assert not torch.allclose(found[..., :4], init[..., :4], atol=0.1)


def test_an_all_white_mask_changes_nothing(pipe, spec, controls: Path, tmp_path: Path) -> None:
    Image.new("L", (64, 64), 255).save(tmp_path / "white.png")
    init = {"path": str(controls / "film"), "strength": 0.6}
    plain = begun(pipe, spec(init=init), SCHEDULERS["ddim"]())
    assert torch.equal(
        plain, begun(pipe, spec(init=init, mask=str(tmp_path / "white.png")), SCHEDULERS["ddim"]())
    )


def test_the_vae_is_left_as_it_was_after_encoding(pipe, spec, controls: Path) -> None:
    inputs = inputs_for(spec(init=str(controls / "photo.png")), pipe, *CPU)
    pipe.vae.to(torch.bfloat16)
    try:
        made = SCHEDULERS["ddim"]()
        made.set_timesteps(2)
        latents, _ = inputs.begin(NOISE, made, torch.Generator().manual_seed(7))
        assert pipe.vae.dtype == torch.bfloat16
        assert latents.dtype == torch.float32
    finally:
        pipe.vae.to(torch.float32)


def test_words_alone_need_no_inputs(pipe, spec) -> None:
    assert inputs_for(spec(), pipe, *CPU) is None
