from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Said, Studio
from tests.models.material import checkpoint, motion, preset, safetensors, sha256

CONTENT = b"published" * 1000


@pytest.fixture
def tree(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An A1111 installation that ANIMORCH_MODELS lists, with a checkpoint and a module of its own."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(studio.folder / "hub"))
    root = studio.folder / "a1111"
    safetensors(root / "models/Stable-diffusion/dream_8.safetensors", checkpoint())
    safetensors(root / "extensions/sd-webui-animatediff/model/own.safetensors", motion(table=24))
    monkeypatch.setenv("ANIMORCH_MODELS", str(root))
    return root


@pytest.fixture
def published(studio: Studio, tree: Path) -> Path:
    """motion=tiny, whose published file lies in the tree."""
    studio.write("conf/motion/tiny.yaml", preset("tiny", CONTENT, file="mm_tiny.ckpt"))
    path = tree / "extensions/sd-webui-animatediff/model/mm_tiny.ckpt"
    path.write_bytes(CONTENT)
    return path


def listed(said: Said) -> dict[str, dict[str, Any]]:
    assert said.code == 0, said.err
    return {row["name"]: row for row in json.loads(said.out)}


def composed(studio: Studio, *words: str) -> dict[str, Any]:
    said = studio("--cfg", "job", *words)
    assert said.code == 0, said.err
    return yaml.safe_load(said.out)


def test_the_list_fits_eighty_columns(studio: Studio, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = studio("models", "list")
    assert said.code == 0
    assert max(map(len, said.out.splitlines())) <= 80
    for name in ("v15_v2", "zoom_in", "v3_adapter", "calm", "dream_8"):
        assert name in said.out


def test_a_kind_is_listed_alone_and_what_is_not_here_left_out(studio: Studio, tree: Path) -> None:
    found = listed(studio("models", "list", "motion", "--json"))
    assert {row["kind"] for row in found.values()} == {"motion"}
    assert found["v15_v2"]["bytes"] == 1817888431
    assert found["v15_v2"]["path"] is None
    here = listed(studio("models", "list", "motion", "--installed", "--json"))
    assert {name: row["where"] for name, row in here.items()} == {
        "calm": "package",
        "lively": "package",
        "own": "models folder",
    }
    assert studio("models", "list", "motoin").code == 2


def test_a_folder_that_is_away_is_said(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANIMORCH_MODELS", "away")
    said = studio("models", "list", "vae")
    assert (said.code, said.err) == (0, f"ANIMORCH_MODELS lists {studio.folder}/away, where nothing is\n")


def test_a_sheet_has_every_fact_and_the_command(studio: Studio, tree: Path) -> None:
    said = studio("models", "show", "v15_v2").out
    for fact in (
        "guoyww/animatediff · mm_sd_v15_v2.ckpt", "1,817,888,431 bytes", "at most 32", "steps=25 cfg=7.5",
        "69ed0f5fef82b110aca51bcab73b21104242bc65d6ab4b8b2a2a94d31cad1bf0", "apache-2.0",
        "animorch models pull v15_v2",
    ):  # fmt: skip
        assert fact in said
    assert studio("models", "show", "mm_sd_v15_v2.ckpt").out == said, "its file's name is another name"
    assert json.loads(studio("models", "show", "v15_v2", "--json").out)[0]["table"] == 32
    assert "did you mean v15_v2?" in studio("models", "show", "v15_v3").err


def test_path_prints_a_path_or_ends_with_3(studio: Studio, published: Path) -> None:
    assert studio("models", "path", "tiny") == Said(0, f"{published}\n", "")
    said = studio("models", "path", "v3")
    assert (said.code, said.out) == (3, "")
    assert said.err == "animorch: v3 is not here; run: animorch models pull v3\n"


def test_a_file_of_another_size_or_hash_is_not_the_published_one(studio: Studio, published: Path) -> None:
    published.write_bytes(CONTENT[::-1])
    assert studio("models", "path", "tiny").code == 3
    said = studio("models", "verify", "tiny")
    assert said.code == 3
    assert said.out.startswith("wrong    tiny: is not the published file")


def test_verify_names_what_it_does_not_know_by_hash_and_by_layout(studio: Studio, published: Path) -> None:
    (published.parent / "renamed.ckpt").write_bytes(CONTENT)
    (published.parent / "broken.safetensors").write_bytes(b"0")
    said = studio("models", "verify", "--json")
    found = {verdict["name"]: (verdict["state"], verdict["said"]) for verdict in json.loads(said.out)}
    assert said.code == 3, "one is broken"
    assert found["tiny"] == ("good", "is the published file")
    assert found["renamed.ckpt"] == ("unlisted", "tiny under another name")
    assert found["own.safetensors"] == ("unlisted", "a v1 motion module for sd15, 24 positions")
    assert found["dream_8.safetensors"] == ("unlisted", "a checkpoint for sd15")
    assert found["broken.safetensors"][0] == "wrong"
    assert studio("models", "verify", str(published)).out.startswith("unlisted mm_tiny.ckpt: tiny under")


def test_a_checkpoint_of_the_tree_is_a_choice_by_its_name(studio: Studio, tree: Path) -> None:
    chosen = composed(studio, "checkpoint=dream_8", "motion=v15_v2")["checkpoint"]
    assert (chosen["name"], chosen["base"], chosen["path"]) == ("dream_8", "sd15", "dream_8")


def test_a_module_of_the_tree_brings_the_checkpoint_of_its_base(studio: Studio, tree: Path) -> None:
    chosen = composed(studio, "motion=own")
    assert (chosen["motion"]["family"], chosen["motion"]["table"]) == ("v1", 24)
    assert chosen["checkpoint"]["name"] == "sd15"


def test_a_published_file_name_means_its_preset(studio: Studio, published: Path) -> None:
    assert composed(studio, "motion=mm_tiny") == composed(studio, "motion=tiny")
    assert composed(studio, "motion=mm_sd_v15_v2")["motion"]["name"] == "v15_v2", "also when it is not here"


def test_another_build_keeps_the_settings_and_not_the_hash(studio: Studio, published: Path) -> None:
    published.unlink()
    safetensors(published.with_suffix(".safetensors"), motion(table=32, mid=True))
    chosen = composed(studio, "motion=mm_tiny")["motion"]
    assert (chosen["path"], chosen["sha256"], chosen["recommends"]["steps"]) == ("mm_tiny", [], 3)


def test_a_glob_sweeps_over_the_models_of_the_tree(studio: Studio, published: Path) -> None:
    said = studio("plan", "--json", "-m", "motion=glob(own*)", "backend=testcard", "width=64", "height=64")
    assert said.code == 0, said.err
    assert [point["coordinates"] for point in json.loads(said.out)["points"]] == [{"motion": "own"}]


def test_what_is_no_file_of_the_tree_is_refused_as_ever(studio: Studio, tree: Path) -> None:
    said = studio("plan", "motion=nothing_here", "backend=testcard")
    assert said.code == 2
    assert "nothing_here" in said.err


def test_a_clip_is_the_same_wherever_its_weights_lie(studio: Studio, tree: Path) -> None:
    words = ("backend=testcard", "motion=v15_v2", "width=64", "height=64", "frames=2")
    file = tree / "models/Stable-diffusion/dream_8.safetensors"
    plans = [
        studio("plan", "--json", *words, "checkpoint=dream_8"),
        studio(
            "plan", "--json", *words, "checkpoint=local", f"checkpoint.path={file}", "checkpoint.name=dream_8"
        ),
    ]
    assert [plan.code for plan in plans] == [0, 0]
    keys = [json.loads(plan.out)["points"][0]["render_key"] for plan in plans]
    assert keys[0] == keys[1]


def test_a_camera_move_is_called_by_its_name(studio: Studio) -> None:
    words = ("motion=v15_v2", "motion_loras=[zoom_in:0.6,pan_left]", "loras=[v3_adapter]", "force=true")
    assert studio.small(*words).code == 0
    spec = json.loads(next(studio.folder.glob("runs/*/*/*/experiment.json")).read_text())
    moves = [(lora["name"], lora["weight"], lora["file"]) for lora in spec["motion_loras"]]
    assert moves == [("zoom_in", 0.6, "v2_lora_ZoomIn.ckpt"), ("pan_left", 1.0, "v2_lora_PanLeft.ckpt")]
    assert spec["loras"][0]["sha256"] == ["fd2d8e26480f6ab013c1e6af86fdf1dedbb1ed5baf850ccd5f365f39d6c3472c"]


def test_a_lora_of_ones_own_conf_has_a_name_too(studio: Studio) -> None:
    (studio.folder / "mine.safetensors").write_bytes(b"lora")
    studio.write("conf/lora/soft.yaml", "name: soft\npath: mine.safetensors\nweight: 0.7\n")
    assert studio.small("loras=[soft]").code == 0
    (point,) = studio.records()
    assert point["weights"]["loras[0]"] == f"sha256:{sha256(b'lora')}"


def test_a_thousand_points_do_not_search_the_tree_a_thousand_times(
    studio: Studio, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked: list[str] = []
    walk = os.walk
    monkeypatch.setattr(os, "walk", lambda top, **how: (walked.append(str(top)), walk(top, **how))[1])
    words = ("backend=testcard", "motion=v15_v2", "checkpoint=dream_8", "width=64", "height=64")
    assert studio("plan", "--json", "-m", "seed=range(0,100)", *words).code == 0
    assert len(walked) <= len(set(walked)) + 1


@pytest.mark.parametrize("words", [(), ("fetch",), ("pull",), ("show",)])
def test_words_that_are_missing_or_wrong_end_with_2(
    studio: Studio, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        studio("models", *words)
    assert stop.value.code == 2
    assert "animorch models" in capsys.readouterr().err
