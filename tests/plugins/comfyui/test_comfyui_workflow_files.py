"""Files that hold a workflow: JSON of either format, pictures and films that one made."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from animorch_comfyui.workflow import Workflow
from comfyui_graphs import offers
from comfyui_pages import plain, put
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from animorch import UsageError

THERE = offers()
API = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "random_sd15.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a", "clip": ["1", 1]}},
}


def test_a_file_of_either_format_is_read(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps(API))
    (tmp_path / "editor.json").write_text("\ufeff" + json.dumps(plain()), encoding="utf-8")
    (tmp_path / "body.json").write_text(json.dumps({"prompt": API, "client_id": "x"}))
    assert Workflow.read(tmp_path / "api.json").graph() == API
    assert Workflow.read(tmp_path / "body.json").graph() == API
    assert len(Workflow.read(tmp_path / "editor.json").graph(THERE)) == 7


def test_a_png_brings_the_graph_that_made_it(tmp_path: Path) -> None:
    told = PngInfo()
    told.add_text("prompt", json.dumps(API))
    told.add_text("workflow", json.dumps(plain()))
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", pnginfo=told)
    found = Workflow.read(tmp_path / "a.png")
    assert found.graph() == API
    assert found.editor == plain()


def test_a_webp_of_comfyui_brings_it_in_its_exif(tmp_path: Path) -> None:
    facts = Image.Exif()
    facts[0x0110] = "prompt:" + json.dumps(API)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.webp", exif=facts)
    assert Workflow.read(tmp_path / "a.webp").graph() == API


@pytest.mark.parametrize("ending", ["mp4", "webm"])
@pytest.mark.parametrize("key", ["prompt", "comment"])
def test_a_film_brings_it_in_its_tags(tmp_path: Path, ending: str, key: str) -> None:
    """VideoHelperSuite writes the tags prompt and workflow; it used to write one comment with both."""
    import imageio_ffmpeg

    text = json.dumps(API if key == "prompt" else {"prompt": json.dumps(API), "workflow": plain()})
    path = tmp_path / f"a.{ending}"
    film = imageio_ffmpeg.write_frames(
        str(path),
        (16, 16),
        macro_block_size=1,
        codec="libx264" if ending == "mp4" else "libvpx-vp9",
        output_params=[
            "-metadata",
            f"{key}={text}",
            *(["-movflags", "use_metadata_tags"] * (ending == "mp4")),
        ],
    )
    film.send(None)
    film.send(np.zeros((16, 16, 3), np.uint8))
    film.close()
    assert Workflow.read(path).graph() == API


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_a_picture_without_a_graph_says_where_one_is(tmp_path: Path, ending: str) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / f"a.{ending}")
    with pytest.raises(UsageError, match=r"carries no ComfyUI graph.*PNG"):
        Workflow.read(tmp_path / f"a.{ending}")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"a": 1}', '{"a": {"class_type": 3}}', '{"nodes": []}'])
def test_what_is_no_workflow_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UsageError, match=r"a\.json"):
        Workflow.read(tmp_path / "a.json")
    with pytest.raises(UsageError, match="there is no workflow"):
        Workflow.read(tmp_path / "b.json")


def test_where_nodes_lie_on_the_page_is_no_content() -> None:
    one, other = Workflow.parsed(plain()), Workflow.parsed(put(plain(), 5, pos=[5, 5], size=[1, 2]))
    assert one.content() == other.content()
    assert one.content() != Workflow.parsed(put(plain(), 4, widgets_values=[64, 48, 5])).content()
