from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Studio
from tests.models.loopback import COMMIT, Hub
from tests.models.material import preset, sha256

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def tiny(studio: Studio, hub: Hub) -> Studio:
    """A studio whose conf knows motion=tiny, which the hub has."""
    studio.write("conf/motion/tiny.yaml", preset("tiny", CONTENT))
    hub.files["owner/tiny"] = {"tiny.ckpt": CONTENT}
    return studio


def where(studio: Studio, name: str = "tiny") -> Path:
    said = studio("models", "path", name)
    assert said.code == 0, said.err
    return Path(said.out.strip())


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def test_a_pull_fills_the_hub_cache_as_its_own_client_does(tiny: Studio, hub: Hub, cache: Path) -> None:
    said = tiny("models", "pull", "tiny")
    assert (said.code, said.out.split()[:2]) == (0, ["pulled", "tiny:"])
    assert where(tiny).read_bytes() == CONTENT
    assert where(tiny) == cache / f"models--owner--tiny/snapshots/{COMMIT}/tiny.ckpt"
    assert (cache / "models--owner--tiny/refs/main").read_text() == COMMIT
    assert files(cache / "models--owner--tiny/blobs") == [sha256(CONTENT)]
    asked = len(hub.asked)
    assert tiny("models", "pull", "tiny").out.split()[0] == "here"
    assert len(hub.asked) == asked, "what is here is not asked for"


def test_an_interrupted_pull_goes_on_where_it_stopped(tiny: Studio, hub: Hub, cache: Path) -> None:
    hub.cut_at = 30_000
    said = tiny("models", "pull", "tiny")
    assert said.code == 3
    assert "what came is kept, so pull again goes on from there" in said.err
    assert tiny("models", "path", "tiny").code == 3, "half a file is no file"
    (partial,) = (cache / "models--owner--tiny/blobs").iterdir()
    kept = partial.stat().st_size
    assert 0 < kept <= 30_000
    hub.cut_at, hub.down = None, False
    assert tiny("models", "pull", "tiny").code == 0
    assert hub.got()[-1] == ("tiny.ckpt", f"bytes={kept}-")
    assert where(tiny).read_bytes() == CONTENT
    assert files(cache / "models--owner--tiny/blobs") == [sha256(CONTENT)]


def test_bytes_other_than_promised_are_not_kept(tiny: Studio, hub: Hub, cache: Path) -> None:
    hub.spoils = True
    said = tiny("models", "pull", "tiny")
    assert said.code == 3
    assert f"known is {sha256(CONTENT)[:12]}…" in said.err
    assert files(cache / "models--owner--tiny/blobs") == []
    hub.spoils = False
    assert tiny("models", "pull", "tiny").code == 0


def test_another_upload_is_refused_before_a_byte_of_it_comes(tiny: Studio, hub: Hub) -> None:
    hub.files["owner/tiny"]["tiny.ckpt"] = CONTENT + b"new"
    said = tiny("models", "pull", "tiny")
    assert said.code == 3
    assert "the hub's owner/tiny/tiny.ckpt has the sha256" in said.err
    assert hub.got() == []


def test_a_spoilt_file_in_the_cache_is_fetched_again(tiny: Studio, hub: Hub) -> None:
    tiny("models", "pull", "tiny")
    where(tiny).resolve().write_bytes(CONTENT[:-1])
    said = tiny("models", "verify", "tiny")
    assert (said.code, said.out.split()[0]) == (3, "wrong")
    assert tiny("models", "pull", "tiny").out.split()[0] == "pulled"
    assert where(tiny).read_bytes() == CONTENT


def test_a_pull_into_a_folder_resumes_there_and_leaves_nothing_else(
    tiny: Studio, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tiny.folder / "own"
    hub.cut_at = 1000
    assert tiny("models", "pull", "tiny", "--to", "own").code == 3
    assert [name[0] for name in files(own)] == ["."], "the part is hidden"
    hub.cut_at, hub.down = None, False
    said = tiny("models", "pull", "tiny", "--to", "own")
    assert said.code == 0
    assert files(own) == ["tiny.ckpt"]
    assert "ANIMORCH_MODELS does not list" in said.err
    monkeypatch.setenv("ANIMORCH_MODELS", str(own))
    assert where(tiny) == own / "tiny.ckpt"
    assert tiny("models", "pull", "tiny").out.split()[0] == "here"


def test_a_pull_into_a_comfyui_tree_lands_in_the_folder_for_its_kind(tiny: Studio) -> None:
    home = tiny.folder / "ComfyUI/custom_nodes/ComfyUI-AnimateDiff-Evolved/models"
    home.mkdir(parents=True)
    assert tiny("models", "pull", "tiny", "--to", "ComfyUI").code == 0
    assert files(home) == ["tiny.ckpt"]


def test_a_file_in_the_way_is_not_overwritten(tiny: Studio) -> None:
    other = tiny.write("own/tiny.ckpt", "mine")
    said = tiny("models", "pull", "tiny", "--to", "own")
    assert said.code == 2
    assert "is there and is not tiny" in said.err
    assert other.read_text() == "mine"


def test_several_come_in_order_and_one_that_fails_keeps_none_back(tiny: Studio, hub: Hub) -> None:
    tiny.write("conf/motion/closed.yaml", preset("closed", CONTENT, file="closed.ckpt"))
    hub.files["owner/closed"] = {"closed.ckpt": CONTENT}
    hub.gated.add("owner/closed")
    said = tiny("models", "pull", "closed", "tiny")
    assert said.code == 3
    assert "accept it at https://huggingface.co/owner/closed" in said.err
    assert said.out.startswith("pulled  tiny")


def test_the_hub_is_left_alone_when_it_is_off(
    tiny: Studio, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    said = tiny("models", "pull", "tiny")
    assert said.code == 3
    assert "HF_HUB_OFFLINE forbids it" in said.err
    assert hub.asked == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("owner/nothing/a.ckpt", "owner/nothing is not on the hub"),
        ("owner/tiny/other.ckpt", "owner/tiny has no file other.ckpt"),
        ("owner/tiny@v9/tiny.ckpt", "owner/tiny has no revision v9"),
        ("owner/tiny", "has no weights in diffusers' layout"),
    ],
)
def test_what_the_hub_does_not_have_is_one_sentence(tiny: Studio, name: str, sentence: str) -> None:
    said = tiny("models", "pull", name)
    assert said.code == 3
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_weights_that_come_with_a_package_are_not_pulled(studio: Studio) -> None:
    said = studio("models", "pull", "calm")
    assert said.code == 2
    assert "is not on the hub" in said.err


@pytest.mark.parametrize("to", [[], ["--to", "own"]])
def test_a_repository_comes_with_the_files_that_a_render_reads(
    studio: Studio, hub: Hub, to: list[str]
) -> None:
    weights = {
        "unet/diffusion_pytorch_model.safetensors": b"u" * 5000,
        "vae/diffusion_pytorch_model.bin": b"v" * 100,
        "tokenizer/vocab.json": b"{}",
        "scheduler/scheduler_config.json": b'{"a": 1}',
        "model_index.json": json.dumps({"unet": ["diffusers", "UNet"]}).encode(),
    }
    others = {
        "unet/diffusion_pytorch_model.bin": b"twice",
        "unet/diffusion_pytorch_model.fp16.safetensors": b"half",
        "safety_checker/model.safetensors": b"black",
        "v1-5-pruned.ckpt": b"whole",
        "README.md": b"#",
    }
    hub.files["owner/base"] = weights | others
    said = studio("models", "pull", "owner/base", *to)
    assert said.code == 0, said.err
    folder = Path(said.out.partition(": ")[2].strip())
    came = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}
    assert came == weights
