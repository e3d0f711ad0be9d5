"""IP-Adapters: loaded from either form, and looked at as diffusers' pipelines do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from animorch_diffusers.inputs import loaded_key, put_on
from animorch_diffusers.inputs.encoder import _preparing
from animorch_diffusers.inputs.inputs import inputs_for
from diffusers import DDIMScheduler
from PIL import Image
from stepping import denoised, noise_after

from animorch import WeightsError

CPU = (torch.device("cpu"), torch.float32, True)
NOISE = noise_after(7, 0, (1, 4, 4, 8, 8))


@pytest.fixture
def pipe(weights: Path) -> Any:
    from tiny_control import animated

    return animated(weights, DDIMScheduler(steps_offset=1, clip_sample=False))


@pytest.fixture
def adapter(controls: Path):
    def entry(file: str = "ip_base.safetensors", images: tuple[str, ...] = ("photo.png",), **fields: Any):
        held = {"name": file, "path": str(controls / file), "images": [str(controls / one) for one in images]}
        return held | fields

    return entry


def looked(pipe: Any, spec: Any) -> torch.Tensor:
    put_on(pipe, spec, True)
    return denoised(pipe, inputs_for(spec, pipe, *CPU), NOISE, 2, spec.cfg)


@pytest.mark.parametrize("cfg", [7.5, 1.0], ids=["guided", "alone"])
@pytest.mark.parametrize("kind", ["ip_base", "ip_plus"])
def test_two_images_give_their_look_as_in_the_stock_pipeline(
    pipe, spec, adapter, controls: Path, kind, cfg
) -> None:
    images = ("photo.png", "film/0001.png")
    found = looked(
        pipe, spec(ip_adapters=[adapter(f"{kind}.safetensors", images=images, weight=0.7)], cfg=cfg)
    )
    pipe.load_ip_adapter(str(controls), subfolder="", weight_name=f"{kind}.bin")
    pipe.set_ip_adapter_scale(0.7)
    expected = pipe(
        prompt="a cat",
        negative_prompt="blurry",
        num_inference_steps=2,
        guidance_scale=cfg,
        ip_adapter_image=[[Image.open(controls / one).convert("RGB") for one in images]],
        latents=NOISE,
        num_frames=4,
        width=64,
        height=64,
        output_type="latent",
    ).frames
    assert torch.allclose(found, expected, atol=1e-4)


def test_a_bin_is_the_safetensors_and_weight_moves_it(pipe, spec, adapter) -> None:
    found = looked(pipe, spec(ip_adapters=[adapter()]))
    assert torch.equal(found, looked(pipe, spec(ip_adapters=[adapter("ip_base.bin")])))
    assert not torch.allclose(found, looked(pipe, spec(ip_adapters=[adapter(weight=0.2)])), atol=1e-3)


def test_two_adapters_work_together_each_with_its_mask(pipe, spec, adapter, controls: Path) -> None:
    black = controls / "black.png"
    Image.new("L", (64, 64), 0).save(black)
    base, plus = adapter(), adapter("ip_plus.safetensors", images=("film/0000.png",))
    both = looked(pipe, spec(ip_adapters=[base, plus]))
    masked = looked(pipe, spec(ip_adapters=[base, plus | {"mask": str(black)}]))
    assert torch.allclose(masked, looked(pipe, spec(ip_adapters=[base])), atol=1e-4)
    half = looked(pipe, spec(ip_adapters=[base, plus | {"mask": str(controls / "mask.png")}]))
    assert not torch.allclose(both, masked, atol=1e-3)
    assert not torch.allclose(half, both, atol=1e-3)
    assert not torch.allclose(half, masked, atol=1e-3)


def test_what_is_loaded_is_known_by_the_files_not_by_images_or_weights(spec, adapter) -> None:
    base = loaded_key(spec(ip_adapters=[adapter()]))
    same = adapter(images=("mask.png",), weight=0.1)
    assert loaded_key(spec(ip_adapters=[same])) == base
    assert loaded_key(spec(ip_adapters=[adapter("ip_plus.safetensors")])) != base
    assert loaded_key(spec()) == ()


def test_an_adapter_of_another_family_is_refused(pipe, spec, adapter, controls: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(controls / "ip_base.safetensors")
    wide = {
        key: torch.randn(value.shape[0], 2 * value.shape[1]) if "_ip." in key else value
        for key, value in tensors.items()
    }
    fewer = {key: value for key, value in tensors.items() if ".7." not in key}
    for name, content, reason in (
        ("wide", wide, "choose one made for its family"),
        ("fewer", fewer, "family"),
    ):
        save_file(content, tmp_path / f"{name}.safetensors")
        with pytest.raises(WeightsError, match=reason):
            put_on(
                pipe, spec(ip_adapters=[adapter() | {"path": str(tmp_path / f"{name}.safetensors")}]), True
            )


@pytest.mark.parametrize("size", [(64, 64), (90, 61), (30, 70)], ids=str)
def test_images_are_prepared_as_clip_was_trained(size) -> None:
    from transformers import CLIPImageProcessor

    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8))
    expected = CLIPImageProcessor(size=16, crop_size=16)(image, return_tensors="pt").pixel_values
    assert torch.allclose(_preparing(16)([image]), expected, atol=1e-5)
