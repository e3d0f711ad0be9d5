"""Modes motion and motion_lora: what learns, what stays, and that the results render as they were trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from animorch_diffusers.motion import load_motion  # noqa: E402
from options import run  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from told import Told  # noqa: E402
from trained import FAST, SHORT, frames, spec, stage_of, trained  # noqa: E402

from animorch import MotionModule, UsageError  # noqa: E402


@pytest.fixture(scope="module")
def module(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MotionModule]:
    """A run of mode motion, and its preset as the house's config choice would give it."""
    folder = tmp_path_factory.mktemp("module")
    _, presets, _ = trained("motion", folder, weights)
    assert presets[0].group == "motion"
    return folder / "result", MotionModule(name="mine", **presets[0].values)


def test_only_the_motion_module_moves(weights: Path, tmp_path: Path) -> None:
    trainer = run("motion", weights, **SHORT)
    stage = stage_of(trainer, tmp_path)
    before = {name: value.clone() for name, value in stage.state_dict().items()}
    after = stage_of(trainer, tmp_path, after=True).state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    assert all(".motion_modules." in name for name in moved)


@pytest.mark.parametrize("modules", [["to_q"], ["attn1.to_k", "ff.net.2"]])
def test_named_layers_alone_learn_and_reach_the_optimiser(
    weights: Path, tmp_path: Path, modules: list[str]
) -> None:
    trainer = run("motion", weights, whole_module=False, modules=modules, **SHORT)
    stage = stage_of(trainer, tmp_path)
    learning = stage.learning()
    layers = {name.rpartition(".")[0] for name in learning}
    assert {ending for ending in modules for layer in layers if layer.endswith(ending)} == set(modules)
    assert all(layer.endswith(tuple(modules)) and ".motion_modules." in layer for layer in layers)
    assert {name for name, value in stage.unet.named_parameters() if value.requires_grad} == set(learning)


def test_modules_that_name_no_layer_are_refused(weights: Path, tmp_path: Path) -> None:
    trainer = run("motion", weights, whole_module=False, modules=["blocks.0.to_z"], **SHORT)
    with pytest.raises(UsageError, match=r"names no layer of motion=start"):
        trainer.train(tmp_path, "mine", Told())


def test_the_file_in_the_authors_layout_reads_back_bit_for_bit(module: tuple[Path, MotionModule]) -> None:
    result, made = module
    adapter = load_file(result / "adapter" / "diffusion_pytorch_model.safetensors")
    back = load_motion(made, offline=True).tensors
    assert back.keys() == adapter.keys()
    assert all(torch.equal(back[name], adapter[name]) for name in back)


def test_the_file_has_the_names_and_tables_of_the_authors(
    module: tuple[Path, MotionModule], weights: Path
) -> None:
    theirs = torch.load(weights / "motion_a.ckpt", weights_only=True)["state_dict"]
    ours = load_file(module[0] / "mine.safetensors")
    assert {name: value.shape for name, value in ours.items()} == {
        name: value.shape for name, value in theirs.items()
    }
    tables = [name for name in ours if name.endswith(".pos_encoder.pe")]
    assert tables
    assert all(torch.equal(ours[name], theirs[name]) for name in tables)


def test_folder_and_file_render_alike_and_unlike_the_start(
    module: tuple[Path, MotionModule], weights: Path
) -> None:
    result, made = module
    trainer = run("motion", weights)
    file = frames(spec(trainer, motion=made))
    folder = frames(spec(trainer, motion=made.model_copy(update={"path": str(result / "adapter")})))
    assert np.array_equal(file, folder)
    assert abs(file - frames(spec(trainer))).mean() > 1


def test_the_preset_is_whole_and_is_of_the_start(module: tuple[Path, MotionModule], weights: Path) -> None:
    result, made = module
    start = run("motion", weights).motion
    assert made.path == str(result / "mine.safetensors")
    assert made.bytes == (result / "mine.safetensors").stat().st_size
    for field in ("base", "family", "table", "trained_frames", "beta_schedule", "beta_end", "recommends"):
        assert getattr(made, field) == getattr(start, field), field
    assert "from motion=start on checkpoint=tiny: 2 steps" in made.notes


def test_a_file_in_the_authors_layout_is_a_start_too(weights: Path, tmp_path: Path) -> None:
    start = {"name": "start", "base": "sd15", "table": 32}
    for name in ("motion_a", "motion_a.ckpt"):
        motion = start | {"path": str(weights / name)}
        trained("motion", tmp_path / name, weights, motion=motion)
    one, other = (load_file(tmp_path / name / "result" / "mine.safetensors") for name in _STARTS)
    assert all(torch.equal(one[name], other[name]) for name in one)


_STARTS = ("motion_a", "motion_a.ckpt")


def test_a_multiplied_position_table_repeats_its_rows(weights: Path, tmp_path: Path) -> None:
    trainer, presets, _ = trained("motion", tmp_path, weights, position_multiplier=3)
    made = MotionModule(name="mine", **presets[0].values)
    assert made.table == 96
    motion = load_motion(made, offline=True)
    assert motion.config["motion_max_seq_length"] == 96
    tables = load_motion(trainer.motion, offline=True).tensors
    for name, table in motion.tensors.items():
        if name.endswith(".pos_embed.pe"):
            assert torch.equal(table, tables[name].repeat_interleave(3, dim=1))
    assert frames(spec(trainer, motion=made, frames=40)).shape[0] == 40


def test_clips_longer_than_the_table_are_refused(weights: Path, tmp_path: Path) -> None:
    long = {"source": "animorch_shapes:clips", "options": {"length": 2, "size": 64, "frames": 40}}
    with pytest.raises(UsageError, match="40 frames, more than the 32"):
        trained("motion", tmp_path, weights, data=long)


def test_a_noise_schedule_that_is_not_the_modules_own_is_told(weights: Path, tmp_path: Path) -> None:
    _, presets, told = trained("motion", tmp_path / "other", weights, beta_schedule="scaled_linear")
    assert len(told.notes) == 1
    assert "beta_schedule=scaled_linear is not the noise schedule of motion=start (linear)" in told.notes[0]
    assert presets[0].values["beta_schedule"] == "scaled_linear"
    _, presets, told = trained("motion", tmp_path / "own", weights, beta_schedule="linear")
    assert told.notes == []


def test_the_checkpoints_own_prediction_and_zero_terminal_snr_are_trained(
    weights: Path, tmp_path: Path
) -> None:
    from diffusers import DDIMScheduler
    from tiny import write_checkpoint

    write_checkpoint(tmp_path / "checkpoint")
    DDIMScheduler(prediction_type="v_prediction", rescale_betas_zero_snr=True).save_pretrained(
        tmp_path / "checkpoint" / "scheduler"
    )
    checkpoint = {"name": "v", "base": "sd15", "path": str(tmp_path / "checkpoint")}
    trainer = run("motion", weights, checkpoint=checkpoint, min_snr=5.0, **SHORT)
    stage = stage_of(trainer, tmp_path)
    assert stage.noise.prediction == "v_prediction"
    assert stage.noise.alphas[-1] == 0
    plain = stage_of(run("motion", weights, **SHORT), tmp_path)
    assert plain.noise.prediction == "epsilon"
    assert float(plain.noise.alphas[999]) == pytest.approx(0.001579, abs=1e-6)


@pytest.mark.parametrize("alpha", [4.0, 8.0])
def test_a_motion_lora_renders_as_it_was_trained(weights: Path, tmp_path: Path, alpha: float) -> None:
    trainer, presets, _ = trained("motion_lora", tmp_path, weights, rank=4, alpha=alpha)
    path = tmp_path / "result" / "mine.safetensors"
    assert presets[0].group == "none"
    assert f"motion_loras=[{path}:1.0]" in presets[0].usage

    told = Told()
    wanted = {"prompts": ["a red star"], "every": 2, "frames": 4, "steps": 2, "seed": 7}
    again = run("motion_lora", weights, **SHORT, optimiser=FAST, rank=4, alpha=alpha, validation=wanted)
    again.train(tmp_path / "shown", "mine", told)
    as_trained = told.clips[2, "00_a_red_star"].frames.astype(int)

    plain = frames(spec(trainer))
    assert abs(as_trained - plain).mean() > 1
    assert abs(frames(spec(trainer, motion_loras=[f"{path}:1.0"])) - as_trained).max() <= 1
    assert abs(frames(spec(trainer, motion_loras=[f"{path}:0.0"])) - plain).max() <= 1
    folder = {"path": str(tmp_path / "result" / "diffusers"), "weight": 1.0}
    assert abs(frames(spec(trainer, motion_loras=[folder])) - as_trained).max() <= 1


def test_a_motion_lora_has_the_authors_keys_and_the_rest_is_frozen(weights: Path, tmp_path: Path) -> None:
    trainer, _, _ = trained("motion_lora", tmp_path, weights, rank=4)
    tensors = load_file(tmp_path / "result" / "mine.safetensors")
    stem = "down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.1"
    assert tensors[f"{stem}.processor.to_out_lora.down.weight"].shape[0] == 4
    assert {name.split(".")[-3] for name in tensors} == {f"to_{part}_lora" for part in ("q", "k", "v", "out")}
    learning = stage_of(trainer, tmp_path).learning()
    assert len(learning) == len(tensors)
    assert all(".lora_" in name for name in learning)


def test_a_validation_clip_is_the_one_that_the_result_renders(weights: Path, tmp_path: Path) -> None:
    wanted = {"prompts": ["a red star"], "every": 2, "frames": 4, "steps": 2, "seed": 7}
    trainer, presets, told = trained("motion", tmp_path, weights, ema=0.9, validation=wanted)
    made = MotionModule(name="mine", **presets[0].values)
    for step, asked in ((2, spec(trainer, motion=made)), (0, spec(trainer))):
        shown = told.clips[step, "00_a_red_star"].frames.astype(int)
        # torch's matmul rounds by whether a weight wants a gradient, which frozen ones in training do not
        assert abs(shown - frames(asked)).max() <= 1
