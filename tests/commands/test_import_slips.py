"""What `animorch import` refuses, and what it never does."""

from __future__ import annotations

from pathlib import Path

import pytest

from animorch import UsageError
from tests.commands.training_configs import EVO, imported, trainer
from tests.conftest import Studio


def test_a_recipe_is_not_written_over_without_force(studio: Studio, films: Path) -> None:
    imported(studio, EVO)
    recipe = studio.folder / "conf/recipe/theirs.yaml"
    recipe.write_text("mine")
    said = imported(studio, EVO)
    assert said.code == 2
    assert "conf/recipe/theirs.csv and conf/recipe/theirs.yaml" in said.err
    assert "--force" in said.err
    assert recipe.read_text() == "mine"
    assert imported(studio, EVO, "--force").code == 0
    assert recipe.read_text() != "mine"


def test_a_name_is_made_of_the_files_or_given(studio: Studio, films: Path) -> None:
    assert "recipe=my_run_2" in imported(studio, EVO, name="My run (2)").out
    assert "recipe=calm-sea" in imported(studio, EVO, "--name", "calm-sea").out
    said = imported(studio, EVO, "--name", "../up")
    assert said.code == 2
    assert "small letters" in said.err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [1", "is not readable YAML"),
        ("- a\n- b", "holds a list"),
        ("prompt: a cat\nsteps: 4", "is no training config"),
        (
            EVO.replace("train_batch_size: 2", "train_batch_size: two"),
            "train_batch_size='two' should be a number",
        ),
        (EVO.replace("train_batch_size: 2", "train_batch_size: 0"), "train_batch_size=0 should be 1 or more"),
        (EVO.replace("train_whole_module: false", "train_whole_module: maybe"), "should be true or false"),
        (EVO.replace("MultiTuneAVideoDataset", "OtherDataset"), "dataset_class=OtherDataset is none of"),
        (EVO.replace("train_batch_size: 2", "train_batch_size: .inf"), "train_batch_size=inf should be"),
        (EVO.replace("train_batch_size: 2", "train_batch_size: true"), "train_batch_size=True should be"),
        (EVO + "\nx: &x\n  y: *x\n", "has a field that holds itself"),
    ],
)
def test_a_file_that_cannot_be_meant_is_one_sentence(studio: Studio, text: str, sentence: str) -> None:
    said = imported(studio, text)
    assert said.code == 2
    assert sentence in said.err
    assert not (studio.folder / "conf").exists()


def test_a_file_that_is_not_there_is_said(studio: Studio) -> None:
    assert "there is no file none.yaml" in studio("import", "none.yaml").err


def test_training_says_what_is_still_missing(studio: Studio, films: Path) -> None:
    """The recipe reaches the trainer's own checks: the weights are not here."""
    imported(studio, EVO)
    said = studio("train", "recipe=theirs")
    assert said.code == 2
    assert "mm_sd_v15.ckpt" in said.err
    with pytest.raises(UsageError):
        trainer("theirs", "steps=0")
