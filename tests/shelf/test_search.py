from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from animorch import Checkpoint, Lora, MotionModule, UsageError
from animorch.shelf.search import files, find
from animorch.shelf.trees import KINDS

EXTRA = """
comfyui:
    base_path: ../Comfy UI/
    checkpoints: models/checkpoints
    animatediff_models: |
        models/animatediff_models
        custom_nodes/ComfyUI-AnimateDiff-Evolved/models
    loras: models/loras
    unknown_kind: models/other
a111:
    base_path: ../a1111
    is_default: true
    checkpoints: models/Stable-diffusion
    loras: |
         models/Lora
         models/LyCORIS
empty:
"""


def put(*parts: str | Path) -> Path:
    path = Path(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(str(path).encode())
    return path


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch):
    """Sets ANIMORCH_MODELS."""
    return lambda *roots: monkeypatch.setenv("ANIMORCH_MODELS", os.pathsep.join(map(str, roots)))


def test_a_comfyui_tree_is_known_by_its_folders(tmp_path: Path, listed) -> None:
    listed(tmp_path)
    checkpoint = put(tmp_path, "models/checkpoints/sub/dream.safetensors")
    evolved = put(tmp_path, "custom_nodes/ComfyUI-AnimateDiff-Evolved/models/mm.ckpt")
    lora = put(tmp_path, "models/loras/dream.safetensors")
    assert find("dream", ["checkpoint"]) == checkpoint
    assert find("sub/dream.safetensors", ["checkpoint"]) == checkpoint
    assert find("dream", ["lora"]) == lora
    assert find("mm.ckpt", ["motion"]) == evolved
    assert find("mm.ckpt", ["checkpoint"]) is None


def test_an_a1111_tree_is_known_by_its_folders(tmp_path: Path, listed) -> None:
    listed(tmp_path)
    want = {
        "checkpoint": put(tmp_path, "models/Stable-diffusion/x.safetensors"),
        "lora": put(tmp_path, "models/Lora/x.safetensors"),
        "vae": put(tmp_path, "models/VAE/x.safetensors"),
        "motion": put(tmp_path, "extensions/sd-webui-animatediff/model/x.safetensors"),
        "embedding": put(tmp_path, "embeddings/x.pt"),
    }
    assert {kind: find("x", [kind]) for kind in want} == want


def test_extra_model_paths_is_read_as_comfyui_reads_it(tmp_path: Path, listed) -> None:
    yaml = put(tmp_path, "conf/extra_model_paths.yaml")
    yaml.write_text(EXTRA)
    mine = put(tmp_path, "Comfy UI/models/checkpoints/a.safetensors")
    default = put(tmp_path, "a1111/models/Stable-diffusion/a.safetensors")
    second = put(tmp_path, "a1111/models/LyCORIS/b.safetensors")
    motion = put(tmp_path, "Comfy UI/custom_nodes/ComfyUI-AnimateDiff-Evolved/models/mm.ckpt")
    listed(yaml)
    assert find("a", ["checkpoint"]) == default, "a default section comes first"
    assert find("b.safetensors", ["lora"]) == second
    assert find("mm", ["motion"]) == motion
    assert files("checkpoint") == [default, mine]


def test_a_folder_of_ones_own_counts_whole(tmp_path: Path, listed) -> None:
    listed(tmp_path)
    file = put(tmp_path, "anything/deep/x.ckpt")
    assert {find("x", [kind]) for kind in KINDS} == {file}


def test_the_first_root_wins_then_the_shallower_file(tmp_path: Path, listed) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    put(two, "x.ckpt")
    deep, shallow = put(one, "a/b/x.ckpt"), put(one, "z/x.ckpt")
    listed(one, two)
    assert find("x.ckpt", ["motion"]) == shallow
    shallow.unlink()
    (one / "z").rmdir()
    assert find("x.ckpt", ["motion"]) == deep


def test_links_are_followed_and_loops_are_not(tmp_path: Path, listed) -> None:
    file = put(tmp_path, "far/x.ckpt")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/near").symlink_to(file.parent)
    (file.parent / "loop").symlink_to(tmp_path / "tree")
    listed(tmp_path / "tree")
    assert find("x", ["lora"]) == tmp_path / "tree/near/x.ckpt"


@pytest.mark.parametrize("text", ["- a\n- b", "comfyui: [a", "comfyui: {checkpoints: [a, b]}", "x: text"])
def test_a_broken_yaml_is_a_sentence(tmp_path: Path, listed, text: str) -> None:
    yaml = put(tmp_path, "extra_model_paths.yaml")
    yaml.write_text(text)
    listed(yaml)
    with pytest.raises(UsageError, match=r"extra_model_paths\.yaml"):
        find("x", ["motion"])


def test_a_path_that_exists_is_taken_as_written(tmp_path: Path, listed, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "shelf/x.ckpt")
    own = put(tmp_path, "x.ckpt")
    listed(tmp_path / "shelf")
    assert MotionModule(name="x", base="sd15", path="x.ckpt").local() == own
    own.unlink()
    assert MotionModule(name="x", base="sd15", path="x.ckpt").local() == tmp_path / "shelf/x.ckpt"


def test_what_is_nowhere_says_where_was_looked(tmp_path: Path, listed, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    listed(tmp_path / "gone")
    with pytest.raises(UsageError, match=r"nor a\.ckpt in the folders of ANIMORCH_MODELS; check the path"):
        Checkpoint(name="a", base="sd15", path="a.ckpt").local()


def test_where_a_file_lies_is_no_part_of_its_content(tmp_path: Path, listed) -> None:
    listed(tmp_path)
    file = put(tmp_path, "models/loras/x.safetensors")
    named, written = Lora.model_validate("x:0.5"), Lora.model_validate(f"{file}:0.5")
    assert named.content() == written.content()
    assert (named.path, named.weight) == ("x", 0.5)


@given(st.text(max_size=20))
def test_no_name_leads_out_of_the_folders(name: str) -> None:
    """Whatever is written: what is found lies in a listed folder."""
    root = Path(__file__).parent
    before = os.environ.get("ANIMORCH_MODELS")
    os.environ["ANIMORCH_MODELS"] = str(root)
    try:
        found = find(name, ["lora"]) or root
        assert found.absolute().is_relative_to(root)
    finally:
        os.environ.pop("ANIMORCH_MODELS")
        if before is not None:
            os.environ["ANIMORCH_MODELS"] = before
