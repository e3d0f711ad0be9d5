from __future__ import annotations

from pathlib import Path

import pytest
from animorch_diffusers.sources import locate, source_problems

from animorch import MotionModule, pull_command
from animorch.models.registry import GROUPS, models
from animorch.testing.material import small_spec
from tests.models.material import sha256

CONTENT = b"published" * 100


@pytest.fixture
def module(cache: Path) -> MotionModule:
    return MotionModule(
        name="tiny", base="sd15", repo="owner/tiny", file="in/tiny.ckpt", sha256=(sha256(CONTENT),)
    )


def test_a_shared_tree_comes_before_the_hub(
    module: MotionModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (told,) = source_problems(module, "motion", offline=True)
    assert "run: animorch models pull owner/tiny/in/tiny.ckpt" in told
    monkeypatch.setenv("ANIMORCH_MODELS", f"{tmp_path}/shared")
    file = tmp_path / "shared/models/animatediff_models/tiny.ckpt"
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    assert not list(source_problems(module, "motion", offline=True))
    assert locate(module, offline=True) == file
    assert module.content() == f"sha256:{sha256(CONTENT)}", "as it is while the file is elsewhere"


def test_of_several_uploads_the_one_that_is_here_names_the_content(
    module: MotionModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = module.model_copy(update={"sha256": (sha256(b"newer"), sha256(CONTENT))})
    assert two.content() == f"sha256:{sha256(b'newer')}"
    monkeypatch.setenv("ANIMORCH_MODELS", f"{tmp_path}/shelf")
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf/tiny.ckpt").write_bytes(CONTENT)
    assert two.content() == f"sha256:{sha256(CONTENT)}"


def test_every_hub_preset_can_be_pulled_by_its_name() -> None:
    hub = [model for model in models() if model.entry.repo]
    assert len(hub) > 30
    for model in hub:
        assert pull_command(model.entry) == f"animorch models pull {model.entry.name}"


def test_names_are_told_apart_without_a_kind() -> None:
    names = [model.entry.name for model in models()]
    assert sorted(set(names)) == sorted(names)
    assert {model.group for model in models()} <= GROUPS.keys()


def test_weights_in_short_have_their_file_for_a_name() -> None:
    asked = small_spec(vae="vae/soft.safetensors", embeddings=["easy.pt"])
    assert asked.vae is not None
    assert asked.vae.path == "vae/soft.safetensors"
    assert [word.name for word in asked.embeddings] == ["easy"]
