"""Every published form of the same weights gives the same frames; bad files are told by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from animorch_diffusers.quiet import quiet
from rendering import render
from safetensors.torch import load_file, save_file

from animorch import BackendError, WeightsError


@pytest.mark.parametrize("form", ["motion_a.ckpt", "motion_a.safetensors"])
def test_a_motion_file_gives_the_frames_of_its_folder(spec, motion, backend, form) -> None:
    expected = render(backend, spec()).frames
    assert np.array_equal(render(backend, spec(motion=motion(form))).frames, expected)


def test_a_v1_file_gives_the_frames_of_its_folder(spec, motion, backend) -> None:
    folder, file = (
        render(backend, spec(motion=motion(name))).frames for name in ("motion_v1", "motion_v1.ckpt")
    )
    assert np.array_equal(folder, file)


def test_a_single_checkpoint_file_gives_the_frames_of_its_folder(spec, backend, weights: Path) -> None:
    single = {
        "name": "single",
        "base": "sd15",
        "path": str(weights / "checkpoint.safetensors"),
        "config": str(weights / "checkpoint"),
    }
    assert np.array_equal(render(backend, spec()).frames, render(backend, spec(checkpoint=single)).frames)


def test_a_file_repacked_without_tables_takes_the_table_of_its_preset(
    spec, motion, backend, weights: Path, tmp_path: Path
) -> None:
    tensors = torch.load(weights / "motion_a.ckpt", weights_only=True)["state_dict"]
    torch.save({key: t for key, t in tensors.items() if "pos_encoder" not in key}, tmp_path / "repack.ckpt")
    repack = motion("repack", path=str(tmp_path / "repack.ckpt"), table=48)
    assert len(render(backend, spec(motion=repack, frames=40))) == 40
    assert np.array_equal(render(backend, spec(motion=repack)).frames, render(backend, spec()).frames)


def test_a_file_trained_on_other_tables_keeps_them(
    spec, motion, backend, weights: Path, tmp_path: Path
) -> None:
    tensors = load_file(weights / "motion_a.safetensors")
    own = {
        key: (t.repeat_interleave(2, 1)[:, :32].contiguous() if key.endswith(".pe") else t)
        for key, t in tensors.items()
    }
    save_file(own, tmp_path / "own.safetensors")
    asked = spec(motion=motion("own", path=str(tmp_path / "own.safetensors")))
    assert not np.array_equal(render(backend, asked).frames, render(backend, spec()).frames)


def test_code_in_a_pickle_never_runs(spec, motion, backend, tmp_path: Path) -> None:
    from tiny import write_unsafe_pickle

    write_unsafe_pickle(tmp_path / "bad.ckpt", tmp_path / "ran")
    with pytest.raises(BackendError, match=r"is a pickle that holds more than tensors, .* \.safetensors"):
        render(backend, spec(motion=motion("bad", path=str(tmp_path / "bad.ckpt"))))
    with pytest.raises(BackendError, match="holds more than tensors"):
        render(backend, spec(loras=[str(tmp_path / "bad.ckpt")]))
    checkpoint = {"name": "bad", "base": "sd15", "path": str(tmp_path / "bad.ckpt")}
    with pytest.raises(BackendError, match="holds more than tensors"):
        render(backend, spec(checkpoint=checkpoint | {"config": spec().checkpoint.path}))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("whole", ["motion_a.ckpt", "motion_a.safetensors"])
def test_a_truncated_motion_file_is_told_by_name(
    spec, motion, backend, weights: Path, tmp_path: Path, whole
) -> None:
    from tiny import write_truncated

    write_truncated(weights / whole, tmp_path / whole)
    with pytest.raises(BackendError, match=rf"{whole} is truncated.*download it again"):
        render(backend, spec(motion=motion("cut", path=str(tmp_path / whole))))


def test_a_web_page_saved_as_a_checkpoint_is_told_by_name(spec, motion, backend, tmp_path: Path) -> None:
    (tmp_path / "page.ckpt").write_text("<html>please log in</html>")
    with pytest.raises(WeightsError, match="truncated, damaged or no weight file"):
        render(backend, spec(motion=motion("page", path=str(tmp_path / "page.ckpt"))))


def test_a_motion_module_for_another_unet_is_refused_with_both_widths(
    spec, motion, backend, tmp_path: Path
) -> None:
    from tiny import write_motion

    with quiet():
        write_motion(tmp_path / "wide", 1, mid_block=True, table=32, channels=(64, 128))
    with pytest.raises(WeightsError, match=r"made for a UNet of \(64, 128\) channels and .* \(32, 64\)"):
        render(backend, spec(motion=motion("wide", path=str(tmp_path / "wide"))))


def test_a_motion_module_with_a_missing_tensor_is_refused(
    spec, motion, backend, weights: Path, tmp_path: Path
) -> None:
    tensors = torch.load(weights / "motion_a.ckpt", weights_only=True)["state_dict"]
    tensors.popitem()
    torch.save(tensors, tmp_path / "less.ckpt")
    with pytest.raises(WeightsError, match="does not fit this checkpoint's UNet"):
        render(backend, spec(motion=motion("less", path=str(tmp_path / "less.ckpt"))))


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_a_checkpoint_that_lacks_a_tensor_is_refused(
    spec, backend, weights: Path, tmp_path: Path, part
) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(weights / "checkpoint", folder)
    (file,) = (folder / part).glob("*.safetensors")
    _without_one(file)
    with pytest.raises(WeightsError, match=r"checkpoint=gap lacks 1 tensors of its \w+ \(the first: "):
        render(backend, spec(checkpoint={"name": "gap", "base": "sd15", "path": str(folder)}))


def test_a_motion_folder_that_lacks_a_tensor_is_refused(
    spec, motion, backend, weights: Path, tmp_path
) -> None:
    shutil.copytree(weights / "motion_a", tmp_path / "gap")
    (file,) = (tmp_path / "gap").glob("*.safetensors")
    _without_one(file)
    with pytest.raises(WeightsError, match=r"gap lacks 1 tensors of its MotionAdapter \(the first: "):
        render(backend, spec(motion=motion("gap", path=str(tmp_path / "gap"))))


def _without_one(file: Path) -> None:
    tensors = load_file(file)
    tensors.pop(next(key for key in tensors if "to_k" in key or "k_proj" in key))
    save_file(tensors, file, metadata={"format": "pt"})


def test_a_text_encoder_in_its_old_names_gives_the_same_frames(
    spec, backend, weights: Path, tmp_path
) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(weights / "checkpoint", folder)
    file = folder / "text_encoder" / "model.safetensors"
    named = {
        "text_model." + key.removeprefix("text_model."): tensor for key, tensor in load_file(file).items()
    }
    save_file(named, file, metadata={"format": "pt"})
    old = spec(checkpoint={"name": "old", "base": "sd15", "path": str(folder)})
    assert np.array_equal(render(backend, old).frames, render(backend, spec()).frames)


def test_a_damaged_checkpoint_folder_is_told_by_name(spec, backend, weights: Path, tmp_path: Path) -> None:
    shutil.copytree(weights / "checkpoint", tmp_path / "checkpoint")
    (tmp_path / "checkpoint" / "unet" / "config.json").unlink()
    checkpoint = {"name": "damaged", "base": "sd15", "path": str(tmp_path / "checkpoint")}
    with pytest.raises(WeightsError, match="checkpoint=damaged: diffusers cannot read"):
        render(backend, spec(checkpoint=checkpoint))
