"""guoyww's and MotionDirector's configs do what their trainers really did."""

from __future__ import annotations

from pathlib import Path

import pytest

from animorch import captions_of
from tests.commands.training_configs import DIRECTOR, GUOYWW, imported, trainer
from tests.conftest import Studio


def test_a_guoyww_config_trains_as_its_trainer_really_did(studio: Studio, films: Path) -> None:
    (films / "results.csv").write_text("videoid,name,page_dir\na,ants,x\nb,bees,x\n")
    said = imported(studio, GUOYWW)
    made = trainer()
    assert (made.name, made.checkpoint.name, made.motion.name) == ("motion", "sd15", "v15_v2")
    assert (made.batch, made.accumulate, made.whole_module, made.text_dropout) == (4, 1, True, 0.1)
    data = made.data
    assert (data.folder, data.captions, data.start, data.flip) == ("data", "data/results.csv", "random", True)
    assert (data.frames, data.stride, data.width, data.height) == (16, 4, 256, 256)
    assert made.optimiser.learning_rate == 1e-4
    assert "gradient_accumulation_steps=8 never accumulated there" in said.err
    assert "no start weights" in said.err
    assert "noise schedule" not in said.err, "it is linear, as the motion module's own"
    for field in (
        "is_debug",
        "validation_steps_tuple",
        "unet_additional_kwargs.use_motion_module",
        "clip_sample",
    ):
        assert field in said.err
    assert "unknown fields" not in said.err


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        (
            "beta_schedule: linear",
            "beta_schedule: scaled_linear",
            "noise schedule: the file trains on scaled_linear",
        ),
        ("is_debug: False", "scale_lr: true", "scale_lr=true came too late to matter there"),
        ("max_train_epoch: -1", "max_train_epoch: 3", "max_train_epoch=3 is left out"),
        ('["motion_modules."]', '["."]', "matched any part of a name in the whole UNet"),
    ],
)
def test_guoywws_traps_are_said_loudly(
    studio: Studio, films: Path, was: str, becomes: str, sentence: str
) -> None:
    said = imported(studio, GUOYWW.replace(was, becomes))
    assert [line for line in said.err.splitlines() if line.startswith("WARNING:") and sentence in line]
    assert trainer().optimiser.scale_lr is False


def test_training_the_whole_unet_is_refused(studio: Studio) -> None:
    said = imported(studio, GUOYWW.replace("image_finetune: false", "image_finetune: true"))
    assert said.code == 2
    assert "image_finetune=true trains the whole UNet" in said.err


def test_a_motion_director_config_becomes_a_motion_lora(studio: Studio, films: Path) -> None:
    said = imported(studio, DIRECTOR)
    made = trainer()
    assert (made.name, made.rank, made.alpha, made.steps) == ("motion_lora", 32, 32.0, 503)
    assert (made.data.stride, made.data.width, made.data.height) == (3, 256, 384)
    assert (made.motion.path, made.motion.family) == ("models/v3_sd15_mm.ckpt", "v3")
    assert [text for _, text in captions_of(made.data.folder, made.data.captions).pairs] == ["a man runs"]
    for sentence in ("use_lion_optim=true", "domain_adapter_path", "spatial LoRA", "max_train_epoch=503"):
        assert [line for line in said.err.splitlines() if line.startswith("WARNING:") and sentence in line]
    assert "unknown fields" not in said.err


def test_the_simple_motion_director_form_is_read_too(studio: Studio, films: Path) -> None:
    simple = """
    pretrained_model_path: diffusers/stable-diffusion-v1-5
    motion_module_path: v3_sd15_mm.ckpt
    mode_type: folder
    video: {path: data, start_time: 0, max_chunks: 1, training_prompt: "", validation_prompt: batman runs}
    save_name: man_running
    quality: preferred
    training_config: configs/training/motion_director/training.yaml
    simple_mode: true
    """
    said = imported(studio, simple)
    assert said.code == 0, said.err
    assert trainer().data.folder == "data"
    assert trainer().validation.prompts == ("batman runs",)
    assert "unknown fields" not in said.err


@pytest.mark.parametrize(
    ("size", "width", "height"),
    [("256", 256, 256), ("'320'", 320, 320), ("[256]", 256, 256), ("[256, 384]", 384, 256)],
)
def test_guoywws_sample_size_is_a_square_or_height_and_width(
    studio: Studio, films: Path, size: str, width: int, height: int
) -> None:
    assert imported(studio, GUOYWW.replace("sample_size: 256", f"sample_size: {size}")).code == 0
    made = trainer()
    assert (made.data.width, made.data.height) == (width, height)


@pytest.mark.parametrize("size", ["big", "-3", "[256, wide]", "[1, 2, 3]"])
def test_a_sample_size_that_is_none_is_refused(studio: Studio, films: Path, size: str) -> None:
    said = imported(studio, GUOYWW.replace("sample_size: 256", f"sample_size: {size}"))
    assert said.code == 2
    assert "train_data.sample_size" in said.err
