"""AD-Evo-Tuner's and tumurzakov's configs become recipes, and nothing is lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from animorch import captions_of
from tests.commands.training_configs import EVO, imported, trainer
from tests.conftest import Studio


def test_an_evo_tuner_config_trains_the_same_with_everything_mapped(studio: Studio, films: Path) -> None:
    said = imported(studio, EVO)
    assert said.code == 0, said.err
    assert said.out.splitlines() == [
        "wrote conf/recipe/theirs.csv",
        "wrote conf/recipe/theirs.yaml",
        "next: animorch train recipe=theirs",
    ]
    made = trainer()
    assert made.name == "motion"
    assert (made.batch, made.accumulate, made.steps, made.seed) == (2, 4, 800, 33)
    assert (made.whole_module, made.modules, made.position_multiplier) == (False, ("to_q",), 1)
    assert (made.precision, made.gradient_checkpointing, made.checkpoint_every) == ("fp16", True, 50)
    assert (made.text_dropout, made.ema, made.min_snr) == (0.0, 0.0, None)
    assert made.beta_schedule is None, "the motion module's own"
    data, optimiser, shown = made.data, made.optimiser, made.validation
    assert (data.frames, data.stride, data.start, data.width, data.height) == (12, 2, 3, 384, 256)
    assert optimiser.model_dump() == {
        "name": "adamw",
        "learning_rate": 3e-5,
        "scale_lr": False,
        "warmup": 10,
        "schedule": "cosine",
        "floor": 0.0,
        "betas": (0.9, 0.99),
        "weight_decay": 1e-3,
        "epsilon": 1e-8,
        "max_grad_norm": 0.5,
    }
    assert (shown.prompts, shown.every, shown.steps, shown.cfg) == (("a wave",), 250, 20, 12.5)
    assert made.checkpoint.path == "models/StableDiffusion"
    assert (made.motion.path, made.motion.table) == ("models/Motion_Module/mm_sd_v15.ckpt", 24)


def test_listed_films_keep_their_prompts_in_a_table_beside_the_recipe(studio: Studio, films: Path) -> None:
    imported(studio, EVO)
    data = trainer().data
    told = captions_of(data.folder, data.captions)
    assert [(clip.name, text) for clip, text in told.pairs] == [("a.mkv", "ants"), ("b.mkv", "bees, ${many}")]
    assert told.sentences() == []


def test_every_dropped_field_is_named_and_the_noise_schedule_is_loud(studio: Studio, films: Path) -> None:
    said = imported(studio, EVO)
    for field in (
        "output_dir",
        "inference_config_path",
        "use_inv_latent",
        "num_inv_steps",
        "temporal_context",
        "enable_xformers_memory_efficient_attention",
        "start_global_step",
    ):
        assert [line for line in said.err.splitlines() if line.startswith("note:") and field in line], field
    assert "learning_rate was saved as a string" in said.err
    loud = [line for line in said.err.splitlines() if line.startswith("WARNING:")]
    assert [line for line in loud if "noise schedule" in line and "scaled_linear" in line]
    assert [line for line in loud if "fp16 mixed precision" in line]
    recipe = (studio.folder / "conf/recipe/theirs.yaml").read_text()
    assert "# ! noise schedule" in recipe


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        ("scale_lr: false", "scale_lr: true", "3e-05 x 8 (batch x accumulation) = 0.00024"),
        (
            "resume_from_checkpoint: null",
            "resume_from_checkpoint: latest",
            "resume_from_checkpoint=latest is left",
        ),
        ("multiplier: 1", "multiplier: 2", "motion_module_pe_multiplier=2: each row"),
        ("lr_scheduler: cosine", "lr_scheduler: polynomial", "lr_scheduler=polynomial is not there"),
        ("seed: 33", "seed: 33\nuse_optimizer: Prodigy", "use_optimizer=Prodigy chose its rate itself"),
        ("seed: 33", "seed: 33\ntrain_lora: true", "train_lora=true is left out"),
        ("seed: 33", "seed: 33\nflux: 4", "unknown fields, left out: flux"),
    ],
)
def test_what_is_dangerous_is_said_louder(
    studio: Studio, films: Path, was: str, becomes: str, sentence: str
) -> None:
    said = imported(studio, EVO.replace(was, becomes))
    assert [line for line in said.err.splitlines() if line.startswith("WARNING:") and sentence in line]
    trainer()


def test_a_constant_rate_had_no_warm_up_and_eight_bits_are_kept(studio: Studio, films: Path) -> None:
    said = imported(studio, EVO.replace("cosine", "constant").replace("8bit_adam: false", "8bit_adam: true"))
    assert "lr_warmup_steps=10 had no effect with lr_scheduler=constant" in said.err
    optimiser = trainer().optimiser
    assert (optimiser.warmup, optimiser.schedule, optimiser.name) == (0, "constant", "adamw8bit")


def test_films_and_prompts_that_do_not_pair_up_are_refused(studio: Studio) -> None:
    said = imported(studio, EVO.replace(", ants]", "]"))
    assert said.code == 2
    assert "2 video_path and 1 prompt, which are paired by position" in said.err
    assert not (studio.folder / "conf").exists()


def test_a_film_listed_twice_is_taken_once_and_said(studio: Studio, films: Path) -> None:
    said = imported(studio, EVO.replace("data/a.mkv", "data/b.mkv"))
    assert "1 of 2 clips are listed again" in said.err
    assert len(captions_of("data", trainer().data.captions).pairs) == 1


def test_films_that_are_not_here_are_named_and_the_recipe_still_stands(studio: Studio) -> None:
    said = imported(studio, EVO)
    assert said.code == 0
    assert "data/a.mkv is not there" in said.err
    assert trainer().data.folder == "."


def test_paths_are_looked_for_above_the_config_too(studio: Studio, films: Path) -> None:
    studio.write("trainer/configs/training/evo.yaml", EVO)
    (films.parent / "trainer/data").mkdir()
    films.joinpath("a.mkv").rename(films.parent / "trainer/data/a.mkv")
    films.joinpath("b.mkv").rename(films.parent / "trainer/data/b.mkv")
    assert "mkv is not there" not in studio("import", "trainer/configs/training/evo.yaml").err
    assert trainer("evo").data.folder == "trainer/data"


def test_frames_with_a_map_of_prompts(studio: Studio, films: Path) -> None:
    studio.write("prompts.json", '{"a.mkv": "ants", "b": "bees"}')
    head, _, tail = EVO.partition("train_data:")
    tail = tail[tail.index("validation_data:") :].replace("MultiTuneAVideoDataset", "FramesDataset")
    data = "samples_dir: data, prompt_map_path: prompts.json, video_length: 8, variance_threshold: 50"
    said = imported(studio, f"{head}train_data: {{{data}}}\n{tail}")
    assert "variance_threshold" in said.err
    made = trainer().data
    assert (made.frames, made.stride, made.width) == (8, 8, 512)
    assert [text for _, text in captions_of(made.folder, made.captions).pairs] == ["ants", "bees"]


def test_films_with_json_beside_each(studio: Studio, films: Path) -> None:
    head, _, tail = EVO.partition("train_data:")
    tail = tail[tail.index("validation_data:") :].replace("MultiTuneAVideoDataset", "AnimateDiffDataset")
    said = imported(
        studio, head + "train_data: {samples_dir: data, width: -1, height: 320, randomize: true}\n" + tail
    )
    assert "train_data.width=-1 kept the film's shape" in said.err
    assert (trainer().data.width, trainer().data.height, trainer().data.captions) == (512, 320, None)
