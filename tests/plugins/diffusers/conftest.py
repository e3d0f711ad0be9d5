"""Fixtures: tiny weights written once, specs that use them, and no way to the network."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from animorch import RenderSpec

sys.path.insert(0, str(Path(__file__).parent))  # for `tiny`, whatever import mode pytest runs in

SpecOf = Callable[..., RenderSpec]
Frames = Callable[..., Any]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError("the network is closed in tests")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of tiny.py."""
    import torch

    torch.set_num_threads(1)  # two threads on two shared cores make each step ten times slower
    from animorch_diffusers.quiet import quiet

    with quiet():
        from tiny import write_all

        return write_all(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def controls(weights: Path) -> Path:
    """The folder of tiny_control.py."""
    from animorch_diffusers.quiet import quiet

    with quiet():
        from tiny_control import write_controls

        return write_controls(weights / "controls")


@pytest.fixture
def motion(weights: Path) -> Callable[..., dict[str, Any]]:
    """A motion entry by file or folder name."""
    return lambda name, **fields: {"name": name, "base": "sd15", "path": str(weights / name)} | fields


@pytest.fixture
def spec(weights: Path, motion: Callable[..., dict[str, Any]]) -> SpecOf:
    """A small spec; fields given replace its own."""
    fields = {
        "checkpoint": {"name": "tiny", "base": "sd15", "path": str(weights / "checkpoint")},
        "motion": motion("motion_a"),
        "prompt": "a cat",
        "negative_prompt": "blurry",
        "steps": 2,
        "frames": 4,
        "width": 64,
        "height": 64,
        "seed": 7,
    }
    return lambda **given: RenderSpec.model_validate(fields | given)


@pytest.fixture(scope="session")
def backend() -> Iterator[Any]:
    """One backend on one CPU thread, as warm as the tests before left it."""
    from animorch_diffusers import DiffusersBackend

    made = DiffusersBackend(device="cpu", threads=1)
    yield made
    made.close()


@pytest.fixture
def fresh() -> Frames:
    """Frames of a spec from a backend that has rendered nothing before."""
    from animorch_diffusers import DiffusersBackend
    from rendering import render

    return lambda spec, **options: render(DiffusersBackend(device="cpu", threads=1, **options), spec).frames


@pytest.fixture(scope="session")
def families(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of tiny_families.py."""
    import torch

    torch.set_num_threads(1)
    from animorch_diffusers.quiet import quiet

    folder = tmp_path_factory.mktemp("families")
    with quiet():
        from tiny_families import write_modules, write_sd15, write_sdxl

        write_sd15(folder / "sd15")
        write_sdxl(folder / "sdxl")
        write_modules(folder)
    return folder


@pytest.fixture
def of(families: Path) -> SpecOf:
    """A small spec of a motion file on the single-file checkpoint of a base."""

    def spec(file: str, base: str, **fields: Any) -> RenderSpec:
        entry = {"name": file, "base": base, "path": str(families / file)} | fields.pop("motion", {})
        single = {"name": base, "base": base, "path": str(families / f"{base}.safetensors")}
        usual = {"prompt": "a cat", "negative_prompt": "blurry", "steps": 1, "frames": 2, "seed": 3}
        size = {"width": 64, "height": 64, "checkpoint": single, "motion": entry}
        return RenderSpec.model_validate(usual | size | fields)

    return spec
