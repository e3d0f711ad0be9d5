"""LoRAs: put on at their weight, taken off without a trace, never dropped in silence."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from rendering import render
from safetensors.torch import load_file, save_file

from animorch import WeightsError

STYLES = ["lora_kohya.safetensors", "lora_diffusers.safetensors"]


@pytest.mark.parametrize("name", STYLES)
def test_a_lora_changes_the_picture_and_leaves_no_trace(spec, backend, fresh, weights: Path, name) -> None:
    plain = render(backend, spec()).frames
    worn = render(backend, spec(loras=[str(weights / name)])).frames
    assert not np.array_equal(plain, worn)
    assert np.array_equal(worn, fresh(spec(loras=[str(weights / name)])))
    assert np.array_equal(render(backend, spec()).frames, plain)


def test_a_motion_lora_in_the_authors_layout_changes_the_picture(spec, backend, weights: Path) -> None:
    plain = render(backend, spec()).frames
    worn = render(backend, spec(motion_loras=[str(weights / "motion_lora.ckpt")])).frames
    assert not np.array_equal(plain, worn)
    assert np.array_equal(render(backend, spec()).frames, plain)


def test_a_motion_lora_renders_alike_in_the_authors_and_in_diffusers_names(
    spec, backend, weights: Path, tmp_path: Path
) -> None:
    tensors = torch.load(weights / "motion_lora.ckpt", weights_only=True)["state_dict"]
    names = (
        (".temporal_transformer", ""),
        (".attention_blocks.0", ".attn1"),
        (".attention_blocks.1", ".attn2"),
    )
    renamed = {}
    for key, tensor in tensors.items():
        for old, new in names:
            key = key.replace(old, new)
        renamed[key.replace("module.", "unet.")] = tensor
    save_file(renamed, tmp_path / "hub.safetensors")
    asked = (
        spec(motion_loras=[str(path)])
        for path in (weights / "motion_lora.ckpt", tmp_path / "hub.safetensors")
    )
    assert np.array_equal(*(render(backend, one).frames for one in asked))


def merged(weights: Path, folder: Path, strength: float) -> Path:
    """The tiny checkpoint with the kohya LoRA added by hand: W + strength * alpha / rank * up @ down."""
    lora = load_file(weights / "lora_kohya.safetensors")
    shutil.copytree(weights / "checkpoint", folder)
    _add(folder / "unet" / "diffusion_pytorch_model.safetensors", "lora_unet_", lora, strength)
    _add(folder / "text_encoder" / "model.safetensors", "lora_te_", lora, strength)
    return folder


def _add(file: Path, prefix: str, lora: dict[str, torch.Tensor], strength: float) -> None:
    tensors, done = load_file(file), 0
    for key, weight in tensors.items():
        flat = prefix + key.removesuffix(".weight").replace(".", "_")
        for stem in {flat, flat.replace("lora_te_encoder", "lora_te_text_model_encoder")}:
            if f"{stem}.alpha" in lora:
                up, down = lora[f"{stem}.lora_up.weight"], lora[f"{stem}.lora_down.weight"]
                weight += strength * lora[f"{stem}.alpha"] / down.shape[0] * up @ down
                done += 1
    assert done == 2
    save_file(tensors, file, metadata={"format": "pt"})


@pytest.mark.parametrize("strength", [1.0, -0.4])
def test_weight_is_kohyas_strength_times_alpha_by_rank(
    spec, backend, fresh, weights: Path, tmp_path: Path, strength
) -> None:
    worn = render(
        backend, spec(loras=[{"path": str(weights / "lora_kohya.safetensors"), "weight": strength}])
    ).frames
    folder = merged(weights, tmp_path / "merged", strength)
    by_hand = fresh(spec(checkpoint={"name": "merged", "base": "sd15", "path": str(folder)}))
    assert abs(worn.astype(int) - by_hand).max() <= 2
    assert abs(worn.astype(int) - render(backend, spec()).frames).mean() > 2


def test_a_lora_of_weight_nought_changes_nothing_to_speak_of(spec, backend, weights: Path) -> None:
    off = render(backend, spec(loras=[{"path": str(weights / STYLES[0]), "weight": 0}])).frames
    assert abs(off.astype(int) - render(backend, spec()).frames).max() <= 1


def test_style_and_motion_loras_are_worn_together(spec, backend, weights: Path) -> None:
    styles, move = [str(weights / name) for name in STYLES], str(weights / "motion_lora.ckpt")
    all_three = render(backend, spec(loras=styles, motion_loras=[move])).frames
    for fewer in ({"loras": styles}, {"loras": styles[:1], "motion_loras": [move]}):
        assert not np.array_equal(all_three, render(backend, spec(**fewer)).frames)


def test_a_weight_swept_on_one_lora_renders_as_in_a_fresh_backend(
    spec, backend, fresh, weights: Path
) -> None:
    worn = [spec(loras=[{"path": str(weights / STYLES[0]), "weight": weight}]) for weight in (0.5, 1, 0.5)]
    frames = [render(backend, asked).frames for asked in worn]
    assert np.array_equal(frames[0], frames[2])
    assert np.array_equal(frames[1], fresh(worn[1]))


def test_a_lora_with_layers_that_the_model_lacks_is_refused_by_count(
    spec, motion, backend, tmp_path: Path
) -> None:
    stem = "unet.{}.motion_modules.0.transformer_blocks.0.attn1.to_q.lora_{}.weight"
    places = {"down_blocks.0": 32, "mid_block": 64}
    save_file(
        {
            stem.format(place, side): torch.ones((4, width) if side == "A" else (width, 4))
            for place, width in places.items()
            for side in "AB"
        },
        tmp_path / "v2_only.safetensors",
    )
    worn = {"motion_loras": [str(tmp_path / "v2_only.safetensors")]}
    assert len(render(backend, spec(**worn))) == 4
    with pytest.raises(WeightsError, match="changes 2 layers and only 1 of them exist"):
        render(backend, spec(motion=motion("motion_v1"), **worn))


def test_a_lora_for_another_width_is_refused(spec, backend, tmp_path: Path) -> None:
    stem = "unet.up_blocks.1.attentions.0.transformer_blocks.0.attn1.to_v.lora_{}.weight"
    save_file(
        {stem.format("A"): torch.ones(4, 64), stem.format("B"): torch.ones(64, 4)},
        tmp_path / "wide.safetensors",
    )
    with pytest.raises(WeightsError, match="cannot be put on this checkpoint as a LoRA"):
        render(backend, spec(loras=[str(tmp_path / "wide.safetensors")]))


@pytest.mark.parametrize(
    ("key", "match"),
    [
        ("lora_unet_x.hada_w1_a", "is a LoHa"),
        ("lora_unet_x.lokr_w1", "is a LoKr"),
        ("conv_in.weight", "has no LoRA layers"),
    ],
)
def test_what_is_not_a_plain_lora_is_refused_by_its_kind(spec, backend, tmp_path: Path, key, match) -> None:
    save_file({key: torch.ones(2, 2)}, tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match=match):
        render(backend, spec(loras=[str(tmp_path / "other.safetensors")]))
