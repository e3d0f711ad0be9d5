"""Broken files and failed writes end in a sentence and leave nothing half done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from animorch import Clip, MediaError
from animorch.media import FORMATS, Stream, decode, encode, encode_stream, poster

RNG = np.random.default_rng(3)
CLIP = Clip(RNG.integers(0, 256, (8, 32, 32, 3), dtype=np.uint8))
FILES = [name for name in FORMATS if name != "png"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_a_truncated_clip_is_never_read_as_a_shorter_one(tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / f"clip.{name}"
    encode(CLIP, path, {})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(MediaError, match=rf"clip\.{name}"):
        decode(path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"this is a letter, not a film\n" * 50])
def test_what_is_no_clip_is_refused_in_a_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / f"clip.{name}"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"render it again"):
        decode(path)


def test_a_missing_clip_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="there is no clip at"):
        decode(tmp_path / "clip.mp4")


@pytest.mark.parametrize("gone", ["0000.png", "0003.png", "0007.png"])
def test_a_folder_with_a_frame_missing_is_refused(tmp_path: Path, gone: str) -> None:
    encode(CLIP, tmp_path / "clip.png", {})
    (tmp_path / "clip.png" / gone).unlink()
    with pytest.raises(MediaError, match="render it again"):
        decode(tmp_path / "clip.png")


def test_an_unknown_suffix_is_refused_with_the_ones_known(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"\.mp4, \.webm, \.mkv"):
        encode(CLIP, tmp_path / "clip.avi", {})


@pytest.mark.parametrize("name", FORMATS)
def test_a_film_that_breaks_off_leaves_the_old_file_as_it_was(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"clip.{name}"
    encode(CLIP, path, {"take": 1})
    before = sorted(tmp_path.rglob("*"))

    def frames() -> Iterator[np.ndarray[Any, Any]]:
        yield CLIP.frames[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_stream(Stream(frames(), 8, 32, 32, 8.0), path, {"take": 2})
    assert sorted(tmp_path.rglob("*")) == before
    assert len(decode(path)) == 8


@pytest.mark.parametrize("name", FORMATS)
def test_a_stream_of_the_wrong_length_or_shape_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MediaError, match="9 frames were announced and 8 came"):
        encode_stream(Stream(CLIP.frames, 9, 32, 32, 8.0), tmp_path / f"clip.{name}", {})
    with pytest.raises(MediaError, match=r"frame 0 should be uint8 of shape \(16, 32, 3\)"):
        encode_stream(Stream(CLIP.frames, 8, 32, 16, 8.0), tmp_path / f"clip.{name}", {})
    assert not list(tmp_path.iterdir())


def test_ffmpegs_own_reason_is_passed_on(tmp_path: Path) -> None:
    wide = np.zeros((1, 2, 20_000, 3), np.uint8)  # more than VP9's 65536 is too large; H.264 stops earlier
    with pytest.raises(MediaError, match="ffmpeg could not write the clip: "):
        encode(Clip(wide), tmp_path / "clip.mp4", {})
    assert not list(tmp_path.iterdir())


def test_a_folder_of_frames_is_replaced_as_a_whole(tmp_path: Path) -> None:
    encode(CLIP, tmp_path / "clip.png", {})
    encode(Clip(CLIP.frames[:3]), tmp_path / "clip.png", {})
    assert len(decode(tmp_path / "clip.png")) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.png", "clip.png.json"]


@pytest.mark.parametrize("name", ["-dash.mkv", "cfg=4,a b'c.mkv", "http:x.mkv", "50%d.mkv", "é.mkv"])
def test_odd_file_names_are_only_names(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    encode(CLIP, Path(name), {})
    assert np.array_equal(decode(Path(name)).frames, CLIP.frames)


def test_a_poster_is_the_middle_frame(tmp_path: Path) -> None:
    from PIL import Image

    poster(CLIP, tmp_path / "poster.png")
    with Image.open(tmp_path / "poster.png") as image:
        assert np.array_equal(np.asarray(image), CLIP.frames[4])
