"""Clips of a folder: encoded once, or anew in each epoch where they vary."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from animorch_diffusers.quiet import quiet  # noqa: E402
from animorch_diffusers.training.batch import Batch  # noqa: E402
from animorch_diffusers.training.latents import Fresh, Kept  # noqa: E402
from options import run  # noqa: E402
from told import Told  # noqa: E402

from animorch import UsageError  # noqa: E402


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three folders of twelve frames, 64x64, and a line of captions for each."""
    folder = tmp_path_factory.mktemp("clips")
    chance = np.random.default_rng(0)
    for name in ("one", "two", "three"):
        (folder / name).mkdir()
        for number in range(12):
            frame = chance.integers(0, 256, (64, 64, 3), np.uint8)
            Image.fromarray(frame).save(folder / name / f"{number:03d}.png")
        (folder / f"{name}.txt").write_text(f"clip {name}")
    return folder


def data(clips: Path, **changes: Any) -> dict[str, Any]:
    return {"folder": str(clips), "frames": 4, "width": 64, "height": 64} | changes


def stage_of(trainer: Any, folder: Path) -> Any:
    with quiet():
        return trainer.stage(folder, "mine", Told(), torch.device("cpu"))


def test_a_folder_is_trained_on_and_its_latents_are_kept(clips: Path, weights: Path, tmp_path: Path) -> None:
    trainer = run("motion", weights, data=data(clips), steps=2)
    assert trainer.preflight() == []
    told = [Told(), Told()]
    trainer.train(tmp_path / "a", "mine", told[0])
    (kept,) = (tmp_path / ".latents").glob("*.npz")
    made = kept.stat().st_mtime_ns
    trainer.train(tmp_path / "b", "mine", told[1])
    assert told[0].losses == told[1].losses
    assert [file.stat().st_mtime_ns for file in (tmp_path / ".latents").iterdir()] == [made]


def test_a_changed_caption_is_encoded_again(clips: Path, weights: Path, tmp_path: Path) -> None:
    trainer = run("motion", weights, data=data(clips))
    before = stage_of(trainer, tmp_path / "a").latents.captions
    caption = clips / "two.txt"
    try:
        caption.write_text("another one")
        after = stage_of(trainer, tmp_path / "a").latents.captions
    finally:
        caption.write_text("clip two")
    assert set(after) - set(before) == {"another one"}


def test_a_random_start_shows_other_frames_in_each_epoch_and_the_same_on_resume(
    clips: Path, weights: Path, tmp_path: Path
) -> None:
    trainer = run("motion", weights, data=data(clips, start="random", flip=True), steps=4)
    latents = stage_of(trainer, tmp_path).latents
    assert isinstance(latents, Fresh)
    seen = [latents.take([0, 1, 2], [epoch] * 3)[0] for epoch in (0, 1, 2, 0)]
    assert not torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[1], seen[2])
    assert torch.equal(seen[0], seen[3])

    whole, parts = Told(), [Told(stop=2), Told()]
    trainer.train(tmp_path / "whole", "mine", whole)
    with pytest.raises(KeyboardInterrupt):
        trainer.train(tmp_path / "parts", "mine", parts[0])
    trainer.train(tmp_path / "parts", "mine", parts[1])
    assert parts[0].losses | parts[1].losses == whole.losses
    assert not (tmp_path / ".latents").exists()


def test_latents_made_anew_are_laid_out_as_the_backward_pass_needs_them(
    clips: Path, weights: Path, tmp_path: Path
) -> None:
    """Channels-last strides, which a small VAE gives on a CPU, ended the process in the first step."""
    trainer = run("motion", weights, data=data(clips, start="random", flip=True))
    values, _ = stage_of(trainer, tmp_path).latents.take([0, 1], [0, 0])
    assert values.is_contiguous()


def test_latents_of_random_starts_are_kept_where_asked_for(
    clips: Path, weights: Path, tmp_path: Path
) -> None:
    trainer = run("motion", weights, data=data(clips, start="random"), cache_latents=True)
    assert isinstance(stage_of(trainer, tmp_path / "a").latents, Kept)


def test_every_batch_of_an_epoch_is_of_that_epoch(clips: Path, weights: Path, tmp_path: Path) -> None:
    stage = stage_of(run("motion", weights, data=data(clips, start="random")), tmp_path)
    taken: list[Any] = []
    stage.latents = _Listening(taken, stage.latents)
    stage.clean(Batch(1, 2, 2))  # places 2 and 3 of three clips: the end of one epoch, the start of the next
    assert taken == [[0, 1]]


class _Listening:
    def __init__(self, taken: list[Any], latents: Any) -> None:
        self.taken, self.latents = taken, latents

    def __len__(self) -> int:
        return len(self.latents)

    def take(self, numbers: Any, epochs: Any) -> Any:
        self.taken.append(list(epochs))
        return self.latents.take(numbers, epochs)


@pytest.mark.parametrize("mode", ["motion", "style_lora", "base_vae", "base_image", "base_motion"])
def test_clips_can_keep_their_size(
    mode: str, clips: Path, weights: Path, small: Path, tmp_path: Path
) -> None:
    own = data(clips, width=None, height=None)
    trainer = run(mode, weights, small, data=own, steps=1, batch=1)
    assert trainer.preflight() == []
    trainer.train(tmp_path / "run", "mine", Told())


def test_clips_of_two_sizes_or_an_odd_one_are_told(clips: Path, weights: Path, tmp_path: Path) -> None:
    frames = np.zeros((68, 64, 3), np.uint8)
    folder = tmp_path / "clips"
    shutil.copytree(clips, folder)
    for number in range(12):
        Image.fromarray(frames).save(folder / "one" / f"{number:03d}.png")
    trainer = run("motion", weights, data=data(folder, width=None, height=None))
    with pytest.raises(UsageError, match=r"differ in frames, height or width .*\(4, 68, 64\)"):
        trainer.train(tmp_path / "a", "mine", Told())
    for name in ("two", "three"):
        shutil.rmtree(folder / name)
        (folder / f"{name}.txt").unlink()
    with pytest.raises(UsageError, match=r"the clips are 64x68 and this VAE needs multiples of 8"):
        trainer.train(tmp_path / "a", "mine", Told())


def test_an_unfit_folder_is_told_before_the_first_step(clips: Path, weights: Path) -> None:
    assert "too short" in "".join(run("motion", weights, data=data(clips, frames=16)).preflight())
    missing = run("motion", weights, data=data(clips / "nowhere")).preflight()
    assert len(missing) == 1
    assert os.sep + "nowhere" in missing[0]
