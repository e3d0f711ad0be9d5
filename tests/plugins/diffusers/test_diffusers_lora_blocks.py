"""LoRAs by block, and of every published form: v3's domain adapter, SDXL's, the wrong family's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from animorch_diffusers import DiffusersBackend
from animorch_diffusers.lora_blocks import strength
from hypothesis import given
from hypothesis import strategies as st
from rendering import render
from safetensors.torch import load_file, save_file

from animorch import Lora, Unsupported, WeightsError

CPU = DiffusersBackend(device="cpu", threads=1, offline=True)


def worn(weights: Path, **fields) -> list[dict[str, object]]:
    return [{"path": str(weights / "lora_kohya.safetensors")} | fields]


@pytest.mark.parametrize(
    ("blocks", "kept"),
    [
        ({"up": 0, "text": 0}, "lora_unet_down"),
        ({"down": 0, "text": 0, "mid": 0}, "lora_unet_up"),
        ({"down": 0, "up.1": 0}, "lora_te"),
        ({"up.1": 0, "up": 1, "text": 0}, "lora_unet_down"),
    ],
    ids=["down", "up", "text", "one level before its side"],
)
def test_blocks_of_strength_nought_are_as_if_not_in_the_file(
    spec, backend, weights: Path, tmp_path: Path, blocks, kept
) -> None:
    tensors = load_file(weights / "lora_kohya.safetensors")
    save_file({key: t for key, t in tensors.items() if key.startswith(kept)}, tmp_path / "part.safetensors")
    whole = render(backend, spec(loras=worn(weights, blocks=blocks))).frames
    part = render(backend, spec(loras=[str(tmp_path / "part.safetensors")])).frames
    assert abs(whole.astype(int) - part).max() <= 1
    assert abs(whole.astype(int) - render(backend, spec()).frames).mean() > 0.5


def test_every_block_at_a_half_is_the_lora_at_half_its_weight(spec, backend, weights: Path) -> None:
    blocks = {"text": 0.5, "down": 0.5, "mid": 0.5, "up.0": 0.5, "up.1": 0.5}
    by_block = render(backend, spec(loras=worn(weights, blocks=blocks))).frames
    assert np.array_equal(by_block, render(backend, spec(loras=worn(weights, weight=0.5))).frames)


def test_a_changed_block_renders_as_in_a_fresh_backend(spec, backend, fresh, weights: Path) -> None:
    asked = [spec(loras=worn(weights, blocks=blocks)) for blocks in ({"up": 0.3}, {"up": 0.9})]
    frames = [render(backend, one).frames for one in asked]
    assert not np.array_equal(*frames)
    assert np.array_equal(frames[1], fresh(asked[1]))


def test_words_that_are_no_block_are_told_before_rendering(of) -> None:
    lora = {"name": "style", "repo": "owner/style", "blocks": {"middle": 1, "down.4": 1, "up.3": 1}}
    told = "\n".join(DiffusersBackend(device="cpu").unsupported(of("v3.ckpt", "sd15", loras=lora)))
    assert "loras[0]: blocks has middle, which is no block; use text, down, mid, up" in told
    assert "loras[0]: blocks has down.4 and this UNet has the levels 0 to 3" in told
    assert "up.3" not in told


def test_a_level_that_a_small_unet_lacks_is_told_when_it_is_loaded(spec, backend, weights: Path) -> None:
    with pytest.raises(WeightsError, match=r"blocks has up\.2 and this UNet has the levels 0 to 1"):
        render(backend, spec(loras=worn(weights, blocks={"up.2": 0.5})))


@given(
    st.dictionaries(st.sampled_from(["text", "mid", "down", "up", "down.1", "up.2"]), st.floats(0, 2)),
    st.sampled_from(["down", "up"]),
    st.integers(0, 3),
)
def test_the_nearest_word_counts_and_an_unnamed_block_is_one(blocks, side, level) -> None:
    found = strength(Lora(path="a.safetensors", blocks=blocks), f"{side}_blocks.{level}.attentions.0.to_q")
    assert found == blocks.get(f"{side}.{level}", blocks.get(side, 1.0))


def _pair(stem: str, width_in: int, width_out: int, down: str, up: str) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(len(stem))
    return {
        f"{stem}{down}": torch.randn(4, width_in, generator=generator) * 0.4,
        f"{stem}{up}": torch.randn(width_out, 4, generator=generator) * 0.4,
    }


def test_v3s_domain_adapter_in_the_authors_layout_is_worn_as_a_lora(of, backend, tmp_path: Path) -> None:
    """Its layers are spatial: no temporal_transformer in their names, and no text encoder."""
    stem = "down_blocks.0.attentions.0.transformer_blocks.0"
    tensors: dict[str, torch.Tensor] = {}
    for attention, part, width in (("attn1", "to_q", 32), ("attn2", "to_k", 32), ("attn1", "to_out", 32)):
        name = f"module.{stem}.{attention}.processor.{part}_lora"
        tensors |= _pair(name, width, 32, ".down.weight", ".up.weight")
    torch.save({"state_dict": tensors}, tmp_path / "v3_sd15_adapter.ckpt")
    asked = of("v3.ckpt", "sd15", steps=2, loras=[str(tmp_path / "v3_sd15_adapter.ckpt")])
    plain = render(backend, of("v3.ckpt", "sd15", steps=2)).frames
    assert not np.array_equal(render(backend, asked).frames, plain)


@pytest.mark.parametrize("names", ["sgm", "diffusers"])
def test_an_sdxl_lora_reaches_the_unet_and_both_text_encoders(of, backend, tmp_path: Path, names) -> None:
    unet = {
        "sgm": "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q",
        "diffusers": "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q",
    }[names]
    parts = {
        "unet": _pair(unet, 64, 64, ".lora_down.weight", ".lora_up.weight"),
        "te1": _pair(
            "lora_te1_text_model_encoder_layers_0_self_attn_out_proj",
            32,
            32,
            ".lora_down.weight",
            ".lora_up.weight",
        ),
        "te2": _pair(
            "lora_te2_text_model_encoder_layers_0_self_attn_out_proj",
            32,
            32,
            ".lora_down.weight",
            ".lora_up.weight",
        ),
    }
    tensors = {key: tensor for part in parts.values() for key, tensor in part.items()}
    save_file(tensors, tmp_path / "style.safetensors")
    lora = {"path": str(tmp_path / "style.safetensors"), "weight": 2}
    frames = [
        render(backend, of("sdxl.ckpt", "sdxl", steps=2, loras=loras)).frames
        for loras in ([], [lora], [lora | {"blocks": {"text": 0}}], [lora | {"blocks": {"down.1": 0}}])
    ]
    assert len({one.tobytes() for one in frames}) == 4


@pytest.mark.parametrize(("width", "made_for"), [(2048, "SDXL"), (1024, "Stable Diffusion 2")])
def test_a_lora_for_another_family_is_refused_by_name(of, tmp_path: Path, width, made_for) -> None:
    stem = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"
    save_file(_pair(stem, width, 64, ".lora_down.weight", ".lora_up.weight"), tmp_path / "other.safetensors")
    with pytest.raises(Unsupported, match=rf"loras\[0\]=other\.safetensors was made for {made_for} and"):
        render(CPU, of("v3.ckpt", "sd15", loras=[str(tmp_path / "other.safetensors")]))
