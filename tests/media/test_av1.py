"""AV1 in an MP4, where ffmpeg can make it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from animorch import Clip, MediaError
from animorch.media import decode, encode, ffmpeg, read_metadata


def clip(width: int, height: int) -> Clip:
    return Clip(np.full((3, height, width, 3), (200, 60, 40), np.uint8), 12.0)


@pytest.mark.parametrize(("width", "height"), [(64, 48), (33, 21), (5, 3)])
def test_a_file_that_ends_in_av1_mp4_holds_av1_of_any_size(tmp_path: Path, width: int, height: int) -> None:
    encode(clip(width, height), tmp_path / "clip.av1.mp4", {"cfg": 7})
    _, _, log = ffmpeg.capture(["-i", ffmpeg.url(tmp_path / "clip.av1.mp4")])
    assert "Video: av1" in log
    back = decode(tmp_path / "clip.av1.mp4")
    assert (len(back), back.width, back.height, back.fps) == (3, width, height, 12.0)
    assert np.abs(back.frames.astype(int) - (200, 60, 40)).max() <= 6
    assert read_metadata(tmp_path / "clip.av1.mp4") == {"cfg": 7}


def test_an_ffmpeg_without_av1_says_what_to_choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "encoders", lambda: frozenset({"libx264"}))
    with pytest.raises(MediaError, match="choose mp4 or webm"):
        encode(clip(64, 48), tmp_path / "clip.av1.mp4", {})
    assert not list(tmp_path.iterdir())
