"""Weights by hub id: rendered from the hub's cache without network, else refused with the command."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from animorch_diffusers import DiffusersBackend
from rendering import render

from animorch import WeightsError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Path], None]:
    """Puts a file or folder into an otherwise empty hub cache, as repository `owner/<name>`."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    def put(name: str, what: Path) -> None:
        repo = tmp_path / "hub" / f"models--owner--{name}"
        (repo / "refs").mkdir(parents=True)
        (repo / "refs" / "main").write_text(COMMIT)
        inside = repo / "snapshots" / COMMIT
        if what.is_dir():
            shutil.copytree(what, inside)
        else:
            inside.mkdir(parents=True)
            shutil.copy(what, inside)

    return put


def hub(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "base": "sd15", "repo": f"owner/{name}"} | fields


def test_cached_repositories_render_offline_as_their_folders_do(spec, backend, weights: Path, cache) -> None:
    expected = render(backend, spec(loras=[str(weights / "lora_kohya.safetensors")])).frames
    cache("model", weights / "checkpoint")
    cache("adapter", weights / "motion_a")
    cache("files", weights / "motion_a.ckpt")
    cache("style", weights / "lora_kohya.safetensors")
    lora = {"name": "style", "repo": "owner/style", "file": "lora_kohya.safetensors"}
    offline = DiffusersBackend(device="cpu", threads=1, offline=True)
    for motion in (hub("adapter"), hub("files", file="motion_a.ckpt")):
        asked = spec(checkpoint=hub("model"), motion=motion, loras=[lora])
        assert not list(offline.unsupported(asked))
        assert np.array_equal(render(offline, asked).frames, expected)


def test_a_lora_repository_is_known_by_either_customary_file(
    spec, backend, weights: Path, cache, tmp_path
) -> None:
    expected = render(backend, spec(loras=[str(weights / "lora_diffusers.safetensors")])).frames
    offline = DiffusersBackend(device="cpu", threads=1, offline=True)
    for name, file in (("one", "pytorch_lora_weights"), ("two", "diffusion_pytorch_model")):
        shutil.copy(weights / "lora_diffusers.safetensors", tmp_path / f"{file}.safetensors")
        cache(name, tmp_path / f"{file}.safetensors")
        asked = spec(loras=[{"name": name, "repo": f"owner/{name}"}])
        assert not list(offline.unsupported(asked))
        assert np.array_equal(render(offline, asked).frames, expected)


@pytest.mark.parametrize("field", ["checkpoint", "motion"])
@pytest.mark.parametrize("file", [None, "weights.safetensors"])
def test_a_hub_that_does_not_answer_is_a_sentence_with_the_command(
    spec, backend, cache, monkeypatch, field, file
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # the hub's client waits between its tries
    with pytest.raises(
        WeightsError, match=r"the hub did not deliver owner/gone .* run: animorch models pull owner/gone"
    ):
        render(backend, spec(**{field: hub("gone", file=file)}))
