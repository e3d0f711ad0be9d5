"""Pictures: images, films and folders at the size of a clip, masks at the size of its latents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from animorch_diffusers.inputs.pictures import image, masks, pictures, refuse_short
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from animorch import Clip, MediaError, UsageError


def drawn(path: Path, width: int, height: int, left: int = 255, right: int = 0) -> Path:
    """A picture of two halves."""
    half = np.full((height, width), right, np.uint8)
    half[:, : width // 2] = left
    Image.fromarray(half).save(path)
    return path


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif"])
def test_an_image_is_the_same_in_every_frame(tmp_path: Path, suffix) -> None:
    shown = pictures(str(drawn(tmp_path / f"a.{suffix}", 32, 16)), 3, 32, 16)
    assert (shown.shape, shown.dtype) == ((3, 16, 32, 3), np.uint8)
    assert (shown[0] == shown[2]).all()
    assert abs(int(shown[0, 0, 0, 0]) - 255) < 3


def test_the_middle_is_cut_out_and_aspect_kept(tmp_path: Path) -> None:
    wide = drawn(tmp_path / "wide.png", 64, 16)
    shown = pictures(str(wide), 1, 32, 32)[0, :, :, 0]
    assert (shown[:, :12] > 240).all()
    assert (shown[:, 20:] < 15).all()


def test_a_photo_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    Image.open(drawn(tmp_path / "a.png", 32, 32)).save(tmp_path / "b.jpg", exif=exif)
    shown = pictures(str(tmp_path / "b.jpg"), 1, 32, 32)[0, :, :, 0]
    assert shown[2].mean() > 200 > 50 > shown[-2].mean()


def test_a_folder_and_a_film_give_their_first_frames(tmp_path: Path) -> None:
    from animorch.media import encode

    frames = np.zeros((5, 32, 32, 3), np.uint8) + np.arange(5, dtype=np.uint8)[:, None, None, None] * 50
    encode(Clip(frames), tmp_path / "film.mkv", {})
    encode(Clip(frames), tmp_path / "film.gif", {})
    (tmp_path / "film").mkdir()
    for place, frame in enumerate(frames):
        Image.fromarray(frame).save(tmp_path / "film" / f"{place}.png")
    for name in ("film.mkv", "film.gif", "film"):
        shown = pictures(str(tmp_path / name), 4, 32, 32)
        assert shown.shape == (4, 32, 32, 3)
        assert np.allclose(shown.mean(axis=(1, 2, 3)), [0, 50, 100, 150], atol=1)
        refuse_short(str(tmp_path / name), 5)
        with pytest.raises(MediaError, match="fewer frames than the clip's 6"):
            refuse_short(str(tmp_path / name), 6)
        with pytest.raises(MediaError, match="fewer frames than the clip's 6"):
            pictures(str(tmp_path / name), 6, 32, 32)


def test_what_is_no_picture_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no")
    (tmp_path / "a.mp4").write_bytes(b"no")
    (tmp_path / "empty").mkdir()
    for name in ("a.png", "a.mp4", "empty"):
        with pytest.raises(MediaError, match=r"could not be read|cannot be read|holds no pictures"):
            refuse_short(str(tmp_path / name), 2)
    with pytest.raises(UsageError, match="there is no file or folder"):
        image(str(tmp_path / "gone.png"))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 255))
def test_a_mask_is_the_mean_brightness_under_each_latent(tmp_path_factory, width, height, grey) -> None:
    path = tmp_path_factory.mktemp("mask") / "m.png"
    Image.new("L", (8 * width, 8 * height), grey).save(path)
    shown = masks(str(path), 2, width, height)
    assert (shown.shape, shown.dtype) == ((2, 1, height, width), np.float32)
    assert np.allclose(shown, grey / 255, atol=1e-6)


def test_a_masks_edge_inside_a_latent_is_shared(tmp_path: Path) -> None:
    half = np.zeros((8, 24), np.uint8)
    half[:, :12] = 255
    Image.fromarray(half).save(tmp_path / "m.png")
    assert np.allclose(masks(str(tmp_path / "m.png"), 1, 3, 1)[0, 0, 0], [1, 0.5, 0])
