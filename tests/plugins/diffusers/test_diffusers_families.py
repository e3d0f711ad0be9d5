"""Every family of the registry is told from its file, loaded without network and rendered."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from animorch_diffusers import DiffusersBackend
from animorch_diffusers.layout import layout_of
from animorch_diffusers.pickled import shapes_in_pickle
from animorch_diffusers.tensors import shapes_in
from rendering import render

from animorch import Unsupported, WeightsError

# file: base, family that the keys show, positions
FILES = {
    "v1.ckpt": ("sd15", "v1", 24),
    "v2.ckpt": ("sd15", "v2", 32),
    "v2.safetensors": ("sd15", "v2", 32),  # as AnimateDiff-Lightning for ComfyUI
    "v3.ckpt": ("sd15", "v3", 32),
    "lcm.ckpt": ("sd15", "v2", None),
    "lightning.safetensors": ("sd15", "v2", 32),
    "long_32.ckpt": ("sd15", "v2", 64),
    "long_64.ckpt": ("sd15", "v2", 128),
    "trained.ckpt": ("sd15", "v2", 32),
    "sdxl.ckpt": ("sdxl", "sdxl", 32),
    "hotshot.ckpt": ("sdxl", "hotshot", 24),
    "hotshot.safetensors": ("sdxl", "hotshot", 24),
}
CPU = DiffusersBackend(device="cpu", threads=1, offline=True)


@pytest.mark.parametrize("file", FILES)
def test_a_motion_file_shows_its_family_base_and_positions(families: Path, file: str) -> None:
    path = families / file
    shapes = shapes_in_pickle(path) if path.suffix == ".ckpt" else shapes_in(path)
    layout = layout_of(shapes or {}, file)
    assert (layout.base, layout.family, layout.table) == FILES[file]


@pytest.mark.parametrize("file", FILES)
def test_every_family_renders_offline_on_a_single_file_checkpoint(of, backend, file: str) -> None:
    asked = of(file, FILES[file][0])
    assert not list(CPU.unsupported(asked))
    frames = render(backend, asked).frames
    assert frames.shape == (2, 64, 64, 3)
    assert frames.std() > 1


def test_families_of_other_tensors_give_other_frames(of, backend) -> None:
    frames = [render(backend, of(file, "sd15", steps=2)).frames for file in ("v1.ckpt", "v2.ckpt", "v3.ckpt")]
    assert not any(np.array_equal(frames[place], frames[place - 1]) for place in range(3))


def test_hotshots_layers_render_as_animatediffs_of_the_same_tensors(of, backend, families: Path) -> None:
    """Other names for the same mathematics: hotshot_xl/models/transformer_temporal.py."""
    import torch
    from safetensors.torch import load_file

    renamed = {
        re.sub(r"\.temporal_attentions\.(\d)\.", r".motion_modules.\1.temporal_transformer.", key).replace(
            ".positional_encoding", ".pe"
        ): tensor
        for key, tensor in load_file(families / "hotshot.safetensors").items()
    }
    torch.save(renamed, families / "renamed.ckpt")
    theirs, ours = (
        render(backend, of(file, "sdxl", steps=2)).frames for file in ("hotshot.safetensors", "renamed.ckpt")
    )
    assert np.array_equal(theirs, ours)


def test_a_module_of_a_whole_saved_unet_renders_as_the_module_alone(of, backend) -> None:
    trained, alone, lightning = (
        render(backend, of(file, "sd15", steps=2)).frames
        for file in ("trained.ckpt", "v2.safetensors", "lightning.safetensors")
    )
    assert np.array_equal(trained, alone)
    assert np.array_equal(lightning, alone)


@pytest.mark.parametrize(
    ("file", "base"), [("sdxl.ckpt", "sd15"), ("hotshot.ckpt", "sd15"), ("v3.ckpt", "sdxl")]
)
def test_a_module_for_another_base_is_refused_by_name_before_rendering(of, file, base) -> None:
    told = "\n".join(CPU.unsupported(of(file, base)))
    assert f"motion={file} says base={base} and its" in told
    assert ("(Hotshot-XL)" in told) == file.startswith("hotshot")


def test_a_module_for_another_base_is_refused_when_only_loading_shows_it(of, families: Path) -> None:
    """A file of torch's old form has no header that could be read without torch."""
    import torch
    from animorch_diffusers.motion import load_motion

    old = torch.load(families / "sdxl.ckpt", weights_only=True)
    torch.save(old, families / "old.ckpt", _use_new_zipfile_serialization=False)
    asked = of("old.ckpt", "sd15")
    assert not list(CPU.unsupported(asked))
    with pytest.raises(WeightsError, match="its 3 levels are of SDXL"):
        load_motion(asked.motion, offline=True)


@pytest.mark.parametrize("form", ["sdxl", "sdxl.safetensors"])
def test_a_checkpoint_of_another_family_is_refused_by_name_before_rendering(of, families: Path, form) -> None:
    checkpoint = {"name": "mine", "base": "sd15", "path": str(families / form)}
    with pytest.raises(Unsupported, match=r"checkpoint=mine says base=sd15 and its weights are of SDXL"):
        render(CPU, of("v2.ckpt", "sd15", checkpoint=checkpoint))


@pytest.mark.parametrize(
    ("key", "shape", "what"),
    [
        ("model.diffusion_model.double_blocks.0.img_attn.qkv.weight", [2, 2], "a Flux checkpoint"),
        ("model.diffusion_model.joint_blocks.0.x_block.mlp.fc1.weight", [2, 2], "Stable Diffusion 3"),
        ("cond_stage_model.model.positional_embedding", [77, 2], "Stable Diffusion 2"),
        ("model.diffusion_model.input_blocks.0.0.weight", [2, 9, 3, 3], "an inpainting checkpoint"),
        ("conditioner.embedders.0.model.positional_embedding", [77, 2], "no Stable Diffusion UNet"),
        ("decoder.conv_in.weight", [2, 4, 3, 3], "a VAE alone"),
        ("lora_unet_mid_block.lora_down.weight", [2, 2], "a LoRA"),
    ],
)
def test_what_is_no_checkpoint_of_ours_is_named_before_rendering(
    of, tmp_path: Path, key, shape, what
) -> None:
    path = tmp_path / "other.safetensors"
    size = 4 * int(np.prod(shape))
    header = json.dumps({key: {"dtype": "F32", "shape": shape, "data_offsets": [0, size]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(size))
    checkpoint = {"name": "other", "base": "sd15", "path": str(path)}
    assert what in "\n".join(CPU.unsupported(of("v2.ckpt", "sd15", checkpoint=checkpoint)))
