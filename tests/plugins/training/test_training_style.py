"""Mode style_lora: what learns, and that its file renders as the network that was trained."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from animorch_diffusers.training.batch import Batch  # noqa: E402
from options import run  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from told import Told  # noqa: E402
from trained import SHORT, frames, spec, stage_of, trained  # noqa: E402


def with_motion(weights: Path, **changes: Any) -> Any:
    """A spec to render the LoRA with; it was trained without a motion module."""
    return spec(run("motion", weights), **changes)


def folded(stage: Any, weights: Path, folder: Path) -> Path:
    """The checkpoint with the trained LoRA added into its UNet's own weights."""
    shutil.copytree(weights / "checkpoint", folder)
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    for name, layer in stage.unet.named_modules():
        if hasattr(layer, "lora_A"):
            down, up = layer.lora_A["learning"].weight, layer.lora_B["learning"].weight
            tensors[f"{name}.weight"] += (stage.run.alpha / stage.run.rank * up @ down).detach()
    save_file(tensors, file, metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize("alpha", [4.0, 8.0])
def test_a_style_lora_renders_as_it_was_trained(weights: Path, tmp_path: Path, alpha: float) -> None:
    _, presets, _ = trained("style_lora", tmp_path, weights, rank=4, alpha=alpha)
    path = tmp_path / "result" / "mine.safetensors"
    assert presets[0].group == "none"
    assert f"loras=[{path}:1.0]" in presets[0].usage

    again = run("style_lora", weights, **SHORT, rank=4, alpha=alpha, optimiser={"learning_rate": 3e-2})
    stage = stage_of(again, tmp_path, after=True)
    whole = folded(stage, weights, tmp_path / "whole")
    as_trained = frames(with_motion(weights, checkpoint={"name": "tiny", "base": "sd15", "path": str(whole)}))
    plain = frames(with_motion(weights))
    assert abs(as_trained - plain).mean() > 1
    assert abs(frames(with_motion(weights, loras=[f"{path}:1.0"])) - as_trained).max() <= 1
    assert abs(frames(with_motion(weights, loras=[f"{path}:0.0"])) - plain).max() <= 1


def test_the_file_has_kohyas_keys_and_the_rest_is_frozen(weights: Path, tmp_path: Path) -> None:
    trainer, _, _ = trained("style_lora", tmp_path, weights, rank=4, alpha=8.0)
    tensors = load_file(tmp_path / "result" / "mine.safetensors")
    stem = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_out_0"
    assert tensors[f"{stem}.lora_down.weight"].shape[0] == 4
    assert float(tensors[f"{stem}.alpha"]) == 8.0
    learning = stage_of(trainer, tmp_path).learning()
    assert len(learning) * 3 == len(tensors) * 2  # down and up learn; alpha is told
    stage = stage_of(trainer, tmp_path)
    assert {name for name, value in stage.named_parameters() if value.requires_grad} == {
        f"unet.{name}" for name in learning
    }


def test_a_few_frames_are_learned(weights: Path, tmp_path: Path) -> None:
    few = {"source": "animorch_shapes:clips", "options": {"length": 2, "size": 64, "frames": 2}}
    fast = {"learning_rate": 1e-2, "warmup": 0, "schedule": "constant"}
    _, _, told = trained("style_lora", tmp_path, weights, data=few, steps=60, batch=4, optimiser=fast)
    losses = list(told.losses.values())
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])


def test_a_sample_is_one_frame_of_its_clip_or_every_frame(weights: Path, tmp_path: Path) -> None:
    batch = Batch(0, 4, 4)
    whole, captions = stage_of(run("style_lora", weights, frames_of="clip"), tmp_path).clean(batch)
    ones, same = stage_of(run("style_lora", weights), tmp_path).clean(batch)
    assert whole.shape[2] == 4
    assert captions == same
    chosen = [
        [place for place in range(4) if torch.equal(one[:, 0], clip[:, place])]
        for one, clip in zip(ones, whole, strict=True)
    ]
    assert all(chosen)
    assert len({tuple(places) for places in chosen}) > 1, "not always the same frame"


def test_every_frame_of_a_clip_can_be_a_sample(weights: Path, tmp_path: Path) -> None:
    told = Told()
    run("style_lora", weights, **SHORT, frames_of="clip").train(tmp_path, "mine", told)
    assert told.steps == [1, 2]
