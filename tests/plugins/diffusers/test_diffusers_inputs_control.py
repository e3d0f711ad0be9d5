"""ControlNets and SparseCtrl: every file form is the same network, and steers as diffusers' pipelines do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from animorch_diffusers.inputs.guide import Guide
from animorch_diffusers.inputs.inputs import inputs_for
from animorch_diffusers.inputs.network import load_network
from diffusers import (
    AnimateDiffControlNetPipeline,
    AnimateDiffSparseControlNetPipeline,
    ControlNetModel,
    DDIMScheduler,
    SparseControlNetModel,
)
from PIL import Image
from stepping import denoised, noise_after

from animorch import ControlNet, SparseControl, WeightsError

SHAPE = (1, 4, 4, 8, 8)
NOISE = noise_after(7, 0, SHAPE)


@pytest.fixture(scope="module")
def pipe(weights: Path) -> Any:
    from tiny_control import animated

    return animated(weights, DDIMScheduler(steps_offset=1, clip_sample=False))


@pytest.fixture
def control(controls: Path):
    """A ControlNet entry of the tiny weights."""

    def entry(file: str = "controlnet", pictures: str = "film", **fields: Any) -> dict[str, Any]:
        held = {"name": file, "path": str(controls / file), "pictures": str(controls / pictures)}
        return held | fields

    return entry


def film(controls: Path) -> list[Image.Image]:
    return [Image.open(path).convert("RGB") for path in sorted((controls / "film").iterdir())]


def ours(pipe: Any, spec: Any, steps: int = 2) -> torch.Tensor:
    inputs = inputs_for(spec, pipe, torch.device("cpu"), torch.float32, True)
    return denoised(pipe, inputs, NOISE, steps, spec.cfg)


def stock(pipe: Any, cls: Any, network: Any, **said: Any) -> torch.Tensor:
    parts = {key: getattr(pipe, key) for key in ("vae", "text_encoder", "tokenizer", "unet", "scheduler")}
    made = cls(**parts, motion_adapter=None, controlnet=network)
    made.set_progress_bar_config(disable=True)
    words = {"prompt": "a cat", "negative_prompt": "blurry", "num_inference_steps": 2, "latents": NOISE}
    size = {"num_frames": 4, "width": 64, "height": 64, "output_type": "latent"}
    return made(**words, **size, **said).frames


def test_one_controlnet_steers_as_the_stock_pipeline(pipe, spec, control, controls: Path) -> None:
    network = ControlNetModel.from_pretrained(controls / "controlnet")
    expected = stock(
        pipe,
        AnimateDiffControlNetPipeline,
        network,
        conditioning_frames=film(controls),
        controlnet_conditioning_scale=0.6,
    )
    found = ours(pipe, spec(controlnets=[control(weight=0.6)]))
    assert torch.equal(found, expected)
    assert not torch.allclose(found, ours(pipe, spec(controlnets=[control(weight=0.0)])))


def test_two_controlnets_steer_as_the_stock_pipeline_each_in_its_own_steps(
    pipe, spec, control, controls: Path
) -> None:
    network = ControlNetModel.from_pretrained(controls / "controlnet")
    expected = stock(
        pipe,
        AnimateDiffControlNetPipeline,
        [network, network],
        conditioning_frames=[film(controls), [Image.open(controls / "photo.png")] * 4],
        controlnet_conditioning_scale=[0.6, 0.9],
        control_guidance_start=[0.0, 0.5],
        control_guidance_end=[0.5, 1.0],
    )
    nets = [control(weight=0.6, end=0.5), control(pictures="photo.png", weight=0.9, start=0.5)]
    assert torch.allclose(ours(pipe, spec(controlnets=nets)), expected, atol=1e-5)


def test_without_guidance_a_controlnet_sees_one_branch(pipe, spec, control, controls: Path) -> None:
    network = ControlNetModel.from_pretrained(controls / "controlnet")
    expected = stock(
        pipe,
        AnimateDiffControlNetPipeline,
        network,
        conditioning_frames=film(controls),
        guidance_scale=1.0,
    )
    assert torch.equal(ours(pipe, spec(controlnets=[control()], cfg=1)), expected)


def test_guess_mode_leaves_the_negative_half_alone(pipe, spec, control) -> None:
    from animorch_diffusers.inputs.inputs import Inputs

    inputs = inputs_for(
        spec(controlnets=[control(guess_mode=True)]), pipe, torch.device("cpu"), torch.float32, True
    )
    assert isinstance(inputs, Inputs)
    text = torch.randn(8, 77, 32)
    given = inputs.added(NOISE.repeat(2, 1, 1, 1, 1), torch.tensor(500), text, [0, 1, 2, 3], 0.0, True)
    down = given["down_block_additional_residuals"]
    assert all(
        not part[:4].any() and part[4:].any() for part in (*down, given["mid_block_additional_residual"])
    )


def test_a_window_gets_the_pictures_of_its_frames(pipe, spec, control) -> None:
    inputs = inputs_for(spec(controlnets=[control()]), pipe, torch.device("cpu"), torch.float32, True)
    text = torch.randn(1, 77, 32).repeat(4, 1, 1)

    def mid(frames: list[int]) -> torch.Tensor:
        sample = NOISE[:, :, frames]
        given = inputs.added(sample, torch.tensor(500), text[: len(frames)], frames, 0.0, False)
        return given["mid_block_additional_residual"]

    assert torch.allclose(mid([3, 0]), mid([0, 1, 2, 3])[[3, 0]], atol=1e-5)


@pytest.mark.parametrize("file", ["controlnet.safetensors", "controlnet.pth"])
def test_a_single_controlnet_file_is_the_folder(pipe, control, controls: Path, file) -> None:
    source = ControlNet.model_validate(control(file))
    found = load_network(source, pipe.unet, "cpu", torch.float32, True).state_dict()
    expected = ControlNetModel.from_pretrained(controls / "controlnet").state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], expected[key]) for key in expected)


def test_a_single_file_for_sdxl_gets_its_depths_from_its_tensors(families: Path, tmp_path: Path) -> None:
    from animorch_diffusers.inputs.inputs import Inputs
    from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel
    from safetensors.torch import save_file
    from tiny_families import SDXL

    base = UNet2DConditionModel.from_pretrained(families / "sdxl", subfolder="unet")
    expected = ControlNetModel.from_unet(base).state_dict()
    save_file(
        {key: tensor.contiguous().clone() for key, tensor in expected.items()}, tmp_path / "xl.safetensors"
    )
    motion = MotionAdapter(block_out_channels=SDXL, use_motion_mid_block=False)
    unet = UNetMotionModel.from_unet2d(base, motion)
    source = ControlNet(name="xl", base="sdxl", path=str(tmp_path / "xl.safetensors"), pictures="a.png")
    network = load_network(source, unet, "cpu", torch.float32, True)
    assert network.state_dict().keys() == expected.keys()
    pictures = torch.zeros(2, 64, 64, 3, dtype=torch.uint8)
    inputs = Inputs(None, (Guide(network, pictures, 1.0, 0.0, 1.0, False),), ())
    width = unet.config["cross_attention_dim"]
    cond = {"text_embeds": torch.zeros(2, 32), "time_ids": torch.zeros(2, 6)}
    sample = torch.randn(2, 4, 2, 8, 8)
    given = inputs.added(sample, torch.tensor(9), torch.randn(4, 77, width), [0, 1], 0.0, True, cond)
    found = unet(sample, torch.tensor(9), encoder_hidden_states=torch.randn(4, 77, width), **given).sample
    assert found.shape == sample.shape


@pytest.mark.parametrize("kind", ["rgb", "scribble"])
@pytest.mark.parametrize("form", ["ckpt", "safetensors"])
def test_a_sparsectrl_file_of_the_authors_is_the_folder(pipe, controls: Path, kind, form) -> None:
    path = controls / f"sparse_{kind}.{form}"
    source = SparseControl(name="s", path=str(path), keyframes={0: "a.png"}, kind=kind)
    found = load_network(source, pipe.unet, "cpu", torch.float32, True).state_dict()
    expected = SparseControlNetModel.from_pretrained(controls / f"sparse_{kind}").state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], expected[key]) for key in expected)


@pytest.mark.parametrize("kind", ["rgb", "scribble"])
def test_keyframes_steer_as_the_stock_pipeline(pipe, spec, controls: Path, kind, monkeypatch) -> None:
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    # the stock pipeline draws from no seed here; its mean is what we take
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    network = SparseControlNetModel.from_pretrained(controls / f"sparse_{kind}")
    frames = film(controls)
    expected = stock(
        pipe,
        AnimateDiffSparseControlNetPipeline,
        network,
        conditioning_frames=[frames[1], frames[3]],
        controlnet_frame_indices=[0, 3],
        controlnet_conditioning_scale=0.7,
    )
    given = {0: str(controls / "film" / "0001.png"), -1: str(controls / "film" / "0003.png")}
    sparse = {"name": "s", "path": str(controls / f"sparse_{kind}"), "keyframes": given, "kind": kind}
    found = ours(pipe, spec(sparse_control=sparse | {"weight": 0.7}))
    assert torch.allclose(found, expected, atol=1e-5)
    assert not torch.allclose(found, ours(pipe, spec(sparse_control=sparse | {"weight": 0.0})), atol=1e-3)


def test_a_network_of_another_unet_is_refused(pipe, control, controls: Path, tmp_path: Path) -> None:
    small = ControlNetModel(
        block_out_channels=(16, 64),
        layers_per_block=1,
        cross_attention_dim=32,
        attention_head_dim=8,
        norm_num_groups=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
    )
    small.save_pretrained(tmp_path)
    for path in (tmp_path, tmp_path / "diffusion_pytorch_model.safetensors"):
        source = ControlNet.model_validate(control() | {"path": str(path)})
        with pytest.raises(WeightsError, match=r"made for .* family|choose one made for its family"):
            load_network(source, pipe.unet, "cpu", torch.float32, True)


def test_networks_stay_loaded_until_a_point_does_without(pipe, spec, control, monkeypatch) -> None:
    from animorch_diffusers.inputs import inputs as module

    loaded: list[str] = []
    real = module.load_network
    monkeypatch.setattr(
        module, "load_network", lambda source, *rest: (loaded.append(source.name), real(source, *rest))[1]
    )
    cpu = (torch.device("cpu"), torch.float32, True)
    module.inputs_for(spec(init={"path": control()["pictures"]}), pipe, *cpu)
    for weight in (0.5, 0.7):
        module.inputs_for(spec(controlnets=[control(weight=weight)]), pipe, *cpu)
    assert loaded == ["controlnet"]
    module.inputs_for(spec(init={"path": control()["pictures"]}), pipe, *cpu)
    module.inputs_for(spec(controlnets=[control()]), pipe, *cpu)
    assert loaded == ["controlnet", "controlnet"]


def test_a_checkpoint_let_go_of_takes_its_networks_along(
    weights: Path, spec, control, tmp_path: Path
) -> None:
    import gc
    import weakref

    from tiny_control import animated

    own = animated(weights, DDIMScheduler())
    inputs = inputs_for(spec(controlnets=[control()]), own, torch.device("cpu"), torch.float32, True)
    network = weakref.ref(inputs.guides[0].network)
    del inputs, own
    gc.collect()
    assert network() is None
