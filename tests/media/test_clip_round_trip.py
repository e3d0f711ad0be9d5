"""Every format keeps every frame, the size and the rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from animorch import Clip
from animorch.media import FORMATS, decode, encode

few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def noise(count: int, height: int, width: int, seed: int = 0, fps: float = 8.0) -> Clip:
    shape = (count, height, width, 3)
    return Clip(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8), fps)


def drift(count: int = 16, height: int = 48, width: int = 64, fps: float = 8.0) -> Clip:
    """A smooth moving picture, as lossy codecs like it."""
    time, down, across = np.mgrid[0:count, 0:height, 0:width]
    shades = [np.sin((across + time * speed) / 9) * np.cos(down / 11) for speed in (1, 2, 3)]
    return Clip(((np.stack(shades, -1) + 1) * 120 + 8).astype(np.uint8), fps)


@few
@given(st.integers(1, 4), st.integers(1, 40), st.integers(2, 40), st.integers(0, 99))  # FFV1: not one wide
def test_an_mkv_gives_back_every_bit_at_any_size(
    tmp_path: Path, count: int, height: int, width: int, seed: int
) -> None:
    clip = noise(count, height, width, seed)
    encode(clip, tmp_path / "frames.mkv", {})
    assert np.array_equal(decode(tmp_path / "frames.mkv").frames, clip.frames)


@pytest.mark.parametrize("name", ["a.mkv", "a.apng", "a.png"])
@pytest.mark.parametrize("count", [1, 5])
def test_lossless_formats_give_back_every_bit(tmp_path: Path, name: str, count: int) -> None:
    clip = noise(count, 31, 45, fps=7.5)
    encode(clip, tmp_path / name, {}, "draft")
    back = decode(tmp_path / name)
    assert np.array_equal(back.frames, clip.frames)
    assert back.fps == 7.5


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("height", "width"), [(48, 64), (33, 47)])
def test_a_still_clip_keeps_all_its_equal_frames(tmp_path: Path, name: str, height: int, width: int) -> None:
    still = Clip(np.repeat(drift(1, height, width).frames, 16, axis=0), 8)
    encode(still, tmp_path / f"clip.{name}", {})
    back = decode(tmp_path / f"clip.{name}")
    assert (len(back), back.height, back.width, back.fps) == (16, height, width, 8.0)


@pytest.mark.parametrize("name", FORMATS)
def test_a_single_frame_is_a_clip_in_every_format(tmp_path: Path, name: str) -> None:
    encode(drift(1, fps=12), tmp_path / f"clip.{name}", {})
    back = decode(tmp_path / f"clip.{name}")
    assert len(back) == 1
    assert back.fps == pytest.approx(12, rel=0.05)


@pytest.mark.parametrize("name", ["mp4", "webm", "gif", "webp"])
@pytest.mark.parametrize("quality", ["draft", "good", "best"])
def test_lossy_formats_stay_close_to_the_picture(tmp_path: Path, name: str, quality: str) -> None:
    clip = drift()
    encode(clip, tmp_path / f"clip.{name}", {}, quality)  # type: ignore[arg-type]
    back = decode(tmp_path / f"clip.{name}")
    error = np.abs(back.frames.astype(int) - clip.frames).mean()
    assert len(back) == len(clip)
    assert error < 8


@pytest.mark.parametrize("name", ["mp4", "webm", "webp", "gif"])
def test_flat_colours_keep_their_hue(tmp_path: Path, name: str) -> None:
    colours = np.array([[230, 20, 30], [20, 200, 40], [30, 40, 220], [200, 120, 40]], np.uint8)
    picture = np.repeat(np.repeat(colours[None], 64, 0), 16, 1)
    encode(Clip(np.repeat(picture[None], 4, 0)), tmp_path / f"clip.{name}", {})
    middle = decode(tmp_path / f"clip.{name}").frames[2, 32, 8::16].astype(int)
    assert np.abs(middle - colours).max() <= 6


@pytest.mark.parametrize("name", ["mp4", "webm", "mkv", "apng", "png"])
@pytest.mark.parametrize("fps", [0.5, 7.5, 24000 / 1001, 30, 120])
def test_exact_formats_keep_a_fractional_rate(tmp_path: Path, name: str, fps: float) -> None:
    encode(drift(3, 16, 16, fps), tmp_path / f"clip.{name}", {}, "draft")
    assert decode(tmp_path / f"clip.{name}").fps == pytest.approx(fps, rel=1e-4)


@pytest.mark.parametrize("count", [2, 7, 16])
@pytest.mark.parametrize("fps", [6, 8, 12, 15, 24, 30])
def test_a_gif_has_the_right_rate_in_the_mean(tmp_path: Path, count: int, fps: float) -> None:
    from PIL import Image

    encode(drift(count, 8, 8, fps), tmp_path / "clip.gif", {}, "draft")
    with Image.open(tmp_path / "clip.gif") as image:
        times = [image.seek(place) or image.info["duration"] for place in range(image.n_frames)]  # type: ignore[attr-defined]
    assert max(times) - min(times) <= 10
    assert sum(times) == pytest.approx(1000 * count / fps, abs=5.1)
    if fps == 8:
        assert set(times) <= {120, 130}


def test_a_gif_is_never_faster_than_players_allow(tmp_path: Path) -> None:
    encode(drift(40, 8, 8, 120), tmp_path / "clip.gif", {})
    back = decode(tmp_path / "clip.gif")
    assert (len(back), back.fps) == (40, 50.0)


def test_the_same_frames_give_the_same_file(tmp_path: Path) -> None:
    for name in ("mkv", "mp4"):
        first, second = (tmp_path / f"{word}.{name}" for word in ("first", "second"))
        for path in (first, second):
            encode(drift(4), path, {"seed": 1})
        assert first.read_bytes() == second.read_bytes()


def test_decoded_frames_may_be_written_to(tmp_path: Path) -> None:
    for name in FORMATS:
        encode(drift(2), tmp_path / f"clip.{name}", {}, "draft")
        assert decode(tmp_path / f"clip.{name}").frames.flags.writeable
