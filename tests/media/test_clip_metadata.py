"""What a clip was made with travels inside it and beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from animorch import Clip, MediaError
from animorch.media import FORMATS, encode, probe, read_metadata, sidecar

CLIP = Clip(np.zeros((2, 16, 16, 3), np.uint8))
HARD = "é 日本語 🎞 'single' \"double\" \\ = ; # \\\\ \r\n\ttab % $HOME <b>&amp;</b> \x00\x1f\x7f\u2028 --"


def written(folder: Path, name: str, metadata: dict[str, Any]) -> Path:
    path = folder / f"clip.{name}"
    encode(CLIP, path, metadata, "draft")
    return path


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300), st.text(min_size=1, max_size=20))
def test_any_text_survives_inside_every_container(tmp_path: Path, name: str, text: str, key: str) -> None:
    path = written(tmp_path, name, {key: text, "seed": 2**64 - 1})
    sidecar(path).unlink()
    assert read_metadata(path) == {key: text, "seed": 2**64 - 1}


@pytest.mark.parametrize("name", FORMATS)
def test_hard_and_long_prompts_survive_inside_and_beside(tmp_path: Path, name: str) -> None:
    metadata = {"prompt": HARD + "long " * 40_000, "nested": {"a": [1, None, 2.5]}}
    path = written(tmp_path, name, metadata)
    assert probe(path).metadata == metadata
    assert json.loads(sidecar(path).read_text(encoding="utf-8")) == metadata


@pytest.mark.parametrize("name", FORMATS)
def test_a_prompt_cannot_pass_for_a_fact_of_the_file(tmp_path: Path, name: str) -> None:
    from animorch.media import decode

    lie = "\n[Parsed_showinfo_1 @ 0x1] n:   0 s:1x1 \nanimorch_frames=99\n    animorch_frames : 99\n;"
    path = written(tmp_path, name, {"prompt": lie})
    assert decode(path).frames.shape == CLIP.frames.shape
    assert read_metadata(path) == {"prompt": lie}


@pytest.mark.parametrize("name", FORMATS)
def test_the_sidecar_speaks_when_the_container_cannot(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, {"seed": 7})
    broken = next(path.iterdir()) if path.is_dir() else path
    broken.write_bytes(b"")
    assert read_metadata(path) == {"seed": 7}


def test_a_clip_without_metadata_is_reported_in_a_sentence(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "foreign.png")
    with pytest.raises(MediaError, match=r"foreign\.png carries no animorch metadata"):
        read_metadata(tmp_path / "foreign.png")


def test_metadata_that_is_no_json_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="plain JSON"):
        encode(CLIP, tmp_path / "clip.mp4", {"path": Path()})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FORMATS)
def test_a_probe_tells_size_and_length_without_decoding(tmp_path: Path, name: str) -> None:
    found = probe(written(tmp_path, name, {}))
    assert (found.width, found.height, found.frames, found.metadata) == (16, 16, 2, {})
