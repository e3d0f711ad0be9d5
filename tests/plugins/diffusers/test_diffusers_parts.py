"""What a checkpoint is made of: loaded bit for bit as diffusers loads it, and parts put in its place."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from animorch_diffusers import DiffusersBackend, bundled
from animorch_diffusers.checkpoint import load_base
from animorch_diffusers.embeddings import Wording
from animorch_diffusers.quiet import quiet
from rendering import render
from safetensors.torch import load_file, save_file

from animorch import Checkpoint, Unsupported, WeightsError

CPU = DiffusersBackend(device="cpu", threads=1, offline=True)
PARTS = ("unet", "vae", "text_encoder", "text_encoder_2")


@pytest.mark.parametrize("base", ["sd15", "sdxl"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_tensor_is_the_one_that_diffusers_loads(families: Path, base: str, dtype: Any) -> None:
    """Against from_pretrained; the single file holds the same model, so it must come to the same."""
    from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline

    kind = StableDiffusionXLPipeline if base == "sdxl" else StableDiffusionPipeline
    with quiet():
        stock = kind.from_pretrained(families / base, torch_dtype=dtype)
        for form in (base, f"{base}.safetensors"):
            checkpoint = Checkpoint(name=form, base=base, path=str(families / form))
            ours = load_base(checkpoint, "cpu", dtype, offline=True)
            for part in PARTS[: 4 if base == "sdxl" else 3]:
                _same(getattr(ours, part), getattr(stock, part))


def _same(ours: torch.nn.Module, stock: torch.nn.Module) -> None:
    mine, theirs = ours.state_dict(), stock.state_dict()
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[key], theirs[key]) for key in theirs)
    assert {tensor.dtype for tensor in mine.values()} == {tensor.dtype for tensor in theirs.values()}
    assert not ours.training


def test_a_single_file_is_loaded_as_diffusers_single_file_loader_does(weights: Path) -> None:
    """from_single_file wants a folder of configs, so both get the tiny one's."""
    from diffusers import StableDiffusionPipeline

    file, folder = weights / "checkpoint.safetensors", weights / "checkpoint"
    absent = dict.fromkeys(("safety_checker", "feature_extractor", "image_encoder"))
    with quiet():
        stock = StableDiffusionPipeline.from_single_file(
            str(file), config=str(folder), local_files_only=True, **absent
        )
        checkpoint = Checkpoint(name="one", base="sd15", path=str(file), config=str(folder))
        ours = load_base(checkpoint, "cpu", None, offline=True)
    for part in PARTS[:3]:
        _same(getattr(ours, part), getattr(stock, part))
    assert dict(ours.sampling) == dict(stock.scheduler.config)


def test_a_safetensors_checkpoint_is_read_where_it_lies(families: Path) -> None:
    from animorch_diffusers.tensors import read_tensors

    tensors = read_tensors(families / "sd15.safetensors")
    checkpoint = Checkpoint(name="one", base="sd15", path=str(families / "sd15.safetensors"))
    base = load_base(checkpoint, "cpu", torch.float32, offline=True)
    name = "model.diffusion_model.input_blocks.0.0.weight"
    assert torch.equal(base.unet.conv_in.weight, tensors[name])
    # parameters lie in the file as its tensors do: at the same distance from one another
    other = "model.diffusion_model.out.2.weight"
    apart = base.unet.conv_out.weight.data_ptr() - base.unet.conv_in.weight.data_ptr()
    assert apart == tensors[other].data_ptr() - tensors[name].data_ptr()


def test_the_bundled_configs_are_of_the_published_sizes() -> None:
    from accelerate import init_empty_weights
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    def count(kind: Any, family: str, part: str) -> int:
        told = bundled.Configs(family).of(part)
        with init_empty_weights():
            model = kind(CLIPTextConfig.from_dict(told)) if "text" in part else kind.from_config(told)
        return sum(weight.numel() for weight in model.parameters())

    assert count(UNet2DConditionModel, "sd15", "unet") == 859_520_964
    assert count(UNet2DConditionModel, "sdxl", "unet") == 2_567_463_684
    assert count(AutoencoderKL, "sdxl", "vae") == 83_653_863
    assert count(CLIPTextModel, "sd15", "text_encoder") == 123_060_480
    assert count(CLIPTextModelWithProjection, "sdxl", "text_encoder_2") == 694_659_840


def test_the_bundled_tokenizer_gives_clips_numbers() -> None:
    first, second = bundled.tokenizer(), bundled.tokenizer("!")
    assert first("a cat").input_ids == [49406, 320, 2368, 49407]
    assert first("A photo of an astronaut riding a horse!").input_ids == [
        49406, 320, 1125, 539, 550, 18376, 6765, 320, 4558, 256, 49407,
    ]  # fmt: skip
    assert len(first) == 49408
    assert first("", padding="max_length").input_ids == [49406, *[49407] * 76]
    assert second("", padding="max_length").input_ids == [49406, 49407, *[0] * 75]


def test_a_checkpoint_without_vae_asks_for_one_and_takes_it(of, backend, families: Path, tmp_path) -> None:
    tensors = load_file(families / "sd15.safetensors")
    bare = {key: tensor for key, tensor in tensors.items() if not key.startswith("first_stage_model.")}
    save_file(bare, tmp_path / "bare.safetensors")
    checkpoint = {"name": "bare", "base": "sd15", "path": str(tmp_path / "bare.safetensors")}
    with pytest.raises(WeightsError, match=r"checkpoint=bare has no VAE in it; set vae\.path"):
        render(backend, of("v3.ckpt", "sd15", checkpoint=checkpoint))
    vae = {"name": "own", "path": str(families / "sd15" / "vae")}
    worn = render(backend, of("v3.ckpt", "sd15", checkpoint=checkpoint, vae=vae)).frames
    # not bit for bit: the same weights lie at another distance from a multiple of 64 bytes in each file, and
    # CPU kernels round by it
    assert abs(worn.astype(int) - render(backend, of("v3.ckpt", "sd15")).frames).max() <= 1


@pytest.fixture(scope="session")
def other_vae(families: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with another VAE as vae/, ldm.safetensors, prefixed.ckpt and theirs.safetensors."""
    from tiny_families import _vae
    from tiny_ldm import vae_tensors

    folder = tmp_path_factory.mktemp("vae")
    vae = _vae("sd15", seed=77)
    vae.save_pretrained(folder / "vae")
    save_file(vae_tensors(vae), folder / "ldm.safetensors")
    torch.save({"state_dict": vae_tensors(vae, "first_stage_model.")}, folder / "prefixed.ckpt")
    save_file(vae.state_dict(), folder / "theirs.safetensors")
    return folder


def test_a_vae_of_every_form_gives_the_same_frames_and_leaves_no_trace(of, backend, other_vae: Path) -> None:
    plain = render(backend, of("v3.ckpt", "sd15")).frames
    frames = [
        render(backend, of("v3.ckpt", "sd15", vae={"name": "v", "path": str(other_vae / form)})).frames
        for form in ("vae", "", "ldm.safetensors", "prefixed.ckpt", "theirs.safetensors")
    ]
    assert all(np.array_equal(frames[0], one) for one in frames)
    assert not np.array_equal(frames[0], plain)
    assert np.array_equal(render(backend, of("v3.ckpt", "sd15")).frames, plain)


def test_a_file_that_is_no_vae_is_told_before_rendering(of, families: Path) -> None:
    asked = of("v3.ckpt", "sd15", vae={"name": "wrong", "path": str(families / "v3.ckpt")})
    assert "vae=wrong has no VAE decoder in it" in "\n".join(CPU.unsupported(asked))
    gone = of("v3.ckpt", "sd15", vae={"name": "gone", "path": str(families / "gone.pt")})
    assert "vae: gone: there is no file or folder" in "\n".join(CPU.unsupported(gone))


def test_a_vae_of_other_channels_is_refused(of, backend, other_vae: Path, tmp_path: Path) -> None:
    shutil.copytree(other_vae / "vae", tmp_path / "vae")
    from diffusers import AutoencoderKL

    told = AutoencoderKL.load_config(other_vae / "vae") | {"latent_channels": 8}
    with quiet():
        AutoencoderKL.from_config(told).save_pretrained(tmp_path / "vae")
    with pytest.raises(WeightsError, match="makes latents of 8 channels and the checkpoint's UNet takes 4"):
        render(backend, of("v3.ckpt", "sd15", vae={"name": "v", "path": str(tmp_path / "vae")}))


def _embedding(form: str, folder: Path, vectors: torch.Tensor) -> Path:
    """An embedding as A1111, its safetensors custom, and diffusers publish it."""
    path = folder / f"mark.{form}"
    if form == "pt":
        torch.save({"string_to_token": {"*": 265}, "string_to_param": {"*": vectors}, "name": "mark"}, path)
    elif form == "bin":
        torch.save({"<mark>": vectors}, path)
    else:
        save_file({"emb_params": vectors}, path)
    return path


@pytest.mark.parametrize("count", [1, 3])
def test_an_embedding_stands_for_its_vectors_in_every_form(of, backend, tmp_path: Path, count: int) -> None:
    vectors = torch.randn(count, 32, generator=torch.Generator().manual_seed(5)) * 6
    plain = render(backend, of("v3.ckpt", "sd15", prompt="a mark", steps=2)).frames
    frames = []
    for form in ("pt", "bin", "safetensors"):
        embedding = {"name": "mark", "path": str(_embedding(form, tmp_path, vectors))}
        asked = of("v3.ckpt", "sd15", prompt="a MARK", steps=2, embeddings=embedding)
        assert not list(CPU.unsupported(asked))
        frames.append(render(backend, asked).frames)
    assert np.array_equal(frames[0], frames[1])
    assert np.array_equal(frames[0], frames[2])
    assert not np.array_equal(frames[0], plain)
    assert np.array_equal(render(backend, of("v3.ckpt", "sd15", prompt="a mark", steps=2)).frames, plain)


def test_an_embedding_of_a_words_own_vector_changes_nothing(of, backend, families, tmp_path: Path) -> None:
    table = load_file(families / "sd15" / "text_encoder" / "model.safetensors")
    (name,) = (key for key in table if key.endswith("token_embedding.weight"))
    number = bundled.tokenizer()("cat").input_ids[1]
    save_file({"emb_params": table[name][[number]].clone()}, tmp_path / "puss.safetensors")
    embedding = {"name": "puss", "path": str(tmp_path / "puss.safetensors")}
    theirs = render(backend, of("v3.ckpt", "sd15", prompt="a puss", embeddings=embedding)).frames
    assert np.array_equal(theirs, render(backend, of("v3.ckpt", "sd15", prompt="a cat")).frames)


def test_sdxls_embeddings_have_vectors_for_both_encoders(of, backend, tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(6)
    both = {name: torch.randn(2, 32, generator=generator) * 6 for name in ("clip_l", "clip_g")}
    save_file(both, tmp_path / "mark.safetensors")
    save_file({"clip_l": both["clip_l"]}, tmp_path / "half.safetensors")
    embedding = {"name": "mark", "path": str(tmp_path / "mark.safetensors")}
    plain = render(backend, of("sdxl.ckpt", "sdxl", prompt="a mark", steps=2)).frames
    worn = render(backend, of("sdxl.ckpt", "sdxl", prompt="a mark", steps=2, embeddings=embedding)).frames
    assert not np.array_equal(plain, worn)
    half = {"name": "mark", "path": str(tmp_path / "half.safetensors")}
    with pytest.raises(WeightsError, match="no vectors for one of the checkpoint's text encoders"):
        render(backend, of("sdxl.ckpt", "sdxl", embeddings=half))
    with pytest.raises(Unsupported, match=r"embeddings\[0\]=mark was made for SDXL"):
        render(CPU, of("v3.ckpt", "sd15", embeddings=embedding))


def test_an_embedding_of_another_width_is_refused(of, backend, tmp_path: Path) -> None:
    save_file({"emb_params": torch.ones(1, 48)}, tmp_path / "wide.safetensors")
    embedding = {"name": "wide", "path": str(tmp_path / "wide.safetensors")}
    with pytest.raises(WeightsError, match="vectors of width 48 for the checkpoint's text encoders"):
        render(backend, of("v3.ckpt", "sd15", embeddings=embedding))


def test_words_are_found_whole_in_any_case_and_by_comfyuis_prefix() -> None:
    class Heard:
        def __call__(self, text: str) -> str:
            return text

    wording = Wording(Heard(), {"mark two": "<2>", "mark": "<1>"})
    assert wording("a MARK, marks, embedding:mark; Mark two") == "a <1>, marks, <1>; <2>"
