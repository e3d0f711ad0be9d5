"""animorch.decoded: the part of a film that training wants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import animorch
from animorch import Clip, MediaError, decoded
from animorch.media import encode
from animorch.testing import moving_clip

CLIP = moving_clip(24, 48, 32).at(12)
FORMATS = ("mp4", "webm", "mkv", "gif", "webp", "apng")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for form in (*FORMATS, "png"):
        encode(CLIP, folder / f"film.{form}", {})
    return folder


@pytest.mark.parametrize("form", FORMATS)
def test_every_film_gives_the_frames_asked_for_at_the_right_rate(films: Path, form: str) -> None:
    path = films / f"film.{form}"
    assert (decoded(path).frames.shape, decoded(path).fps) == ((24, 32, 48, 3), 12)
    part = decoded(path, start=4, count=5, stride=3)
    assert (part.frames.shape, part.fps) == ((5, 32, 48, 3), 4)
    slower = decoded(path, fps=6, width=16, height=16)
    assert (slower.frames.shape, slower.fps) == ((12, 16, 16, 3), 6)
    faster = decoded(path, fps=24, start=3, count=4)
    assert (faster.frames.shape, faster.fps) == ((4, 32, 48, 3), 24)


@pytest.mark.parametrize("form", ["mkv", "apng", "png"])
def test_the_frames_are_the_films_own(films: Path, form: str) -> None:
    part = decoded(films / f"film.{form}", start=4, count=5, stride=3)
    assert (part.frames == CLIP.frames[4::3][:5]).all()


@pytest.mark.parametrize("fps", [4, 5, 24])
def test_ffmpeg_and_pictures_resample_alike(films: Path, fps: float) -> None:
    film, pictures = (decoded(films / f"film.{form}", fps=fps, count=4) for form in ("mkv", "apng"))
    assert (film.frames == pictures.frames).all()


@pytest.mark.parametrize("form", ["mkv", "apng"])
def test_the_middle_is_cut_out_and_nothing_is_squeezed(tmp_path: Path, form: str) -> None:
    wide = np.zeros((2, 32, 96, 3), np.uint8)
    wide[:, :, 32:64] = 200  # a square in the middle
    encode(Clip(wide), tmp_path / f"wide.{form}", {})
    cut = decoded(tmp_path / f"wide.{form}", width=16, height=16).frames
    assert cut.shape == (2, 16, 16, 3)
    assert cut[:, 2:-2, 2:-2].min() > 190


def test_a_folder_of_foreign_pictures_is_read_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    for number in (2, 10, 1):
        Image.new("RGB", (20, 10), (number * 20, 0, 0)).save(tmp_path / f"shot{number}.png")
    (tmp_path / "notes.txt").write_text("not a frame")
    assert [frame[0, 0, 0] for frame in decoded(tmp_path).frames] == [20, 40, 200]
    Image.new("RGB", (30, 10)).save(tmp_path / "shot11.png")
    with pytest.raises(MediaError, match="different sizes; give width and height"):
        decoded(tmp_path)
    assert decoded(tmp_path, width=8, height=8).frames.shape == (4, 8, 8, 3)


@pytest.mark.parametrize("form", ["mp4", "gif"])
def test_a_start_beyond_the_end_is_a_sentence(films: Path, form: str) -> None:
    with pytest.raises(MediaError, match="lower"):
        decoded(films / f"film.{form}", start=99)


@pytest.mark.parametrize(
    "asked",
    [{"start": -1}, {"count": 0}, {"stride": 0}, {"fps": 0}, {"width": 8}, {"width": 0, "height": 8}],
    ids=str,
)
def test_numbers_that_are_none_are_refused(films: Path, asked: dict[str, int]) -> None:
    with pytest.raises(MediaError):
        decoded(films / "film.mp4", **asked)


def test_what_is_no_film_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "letter.mp4").write_text("this is a letter, not a film\n" * 50)
    for path, said in (
        ("none.mp4", "no clip at"),
        ("empty", "no pictures"),
        ("letter.mp4", "letter.mp4 could"),
    ):
        with pytest.raises(MediaError, match=said):
            decoded(tmp_path / path)


def test_the_face_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'decodet'"):
        animorch.decodet  # noqa: B018
