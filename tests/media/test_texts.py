"""Texts that other programs have written beside the pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from animorch import Clip, MediaError, texts_of
from animorch.media import encode


def test_a_png_gives_its_chunks_wherever_they_lie(tmp_path: Path) -> None:
    told = PngInfo()
    told.add_text("prompt", '{"1": "é"}')
    told.add_itxt("workflow", "{}", zip=True)
    told.add(b"tEXt", b"late\0after the pixels", after_idat=True)
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", pnginfo=told)
    assert texts_of(tmp_path / "a.png") == {
        "prompt": '{"1": "é"}',
        "workflow": "{}",
        "late": "after the pixels",
    }


def test_a_film_gives_its_tags_and_a_picture_without_texts_none(tmp_path: Path) -> None:
    encode(Clip(np.zeros((2, 16, 16, 3), np.uint8)), tmp_path / "a.mp4", {"seed": 3})
    assert texts_of(tmp_path / "a.mp4")["animorch"] == '{"seed": 3}'
    Image.new("RGB", (4, 4)).save(tmp_path / "a.gif")
    assert texts_of(tmp_path / "a.gif") == {}


@pytest.mark.parametrize("name", ["gone.png", "broken.png", "broken.mp4"])
def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, name: str) -> None:
    if not name.startswith("gone"):
        (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(MediaError, match=name):
        texts_of(tmp_path / name)
