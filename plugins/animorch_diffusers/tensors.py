"""Tensors: reading weight files so that no code in them can run."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from animorch import WeightsError

PICKLES = (".ckpt", ".pth", ".pt", ".bin")
SUFFIXES = (".safetensors", *PICKLES)
Shapes = Mapping[str, tuple[int, ...]]


def shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Tensor shapes of a .safetensors file from its header alone: no torch, no tensor read.

    Raises WeightsError when the file is shorter or longer than its header says.
    """
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if not 2 <= length <= 100_000_000:  # the format's own limit
                raise ValueError(length)
            header = json.loads(stream.read(length))
        header.pop("__metadata__", None)
        end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
        shapes = {key: tuple(entry["shape"]) for key, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"{path} is not a safetensors file: its header cannot be read; download it again"
        ) from error
    if path.stat().st_size != 8 + length + end:
        raise WeightsError(
            f"{path} is truncated: {path.stat().st_size} bytes where its header promises "
            f"{8 + length + end}; download it again"
        )
    return shapes


def read_tensors(path: Path) -> dict[str, Any]:
    """Name to CPU tensor, `state_dict` wrapper and `module.` prefix taken off.

    Raises WeightsError for a truncated file, and for a pickle that carries code (which never runs).
    """
    return unwrapped(read(path), path)


def read(path: Path) -> Any:
    """What a file holds, as it is, memory-mapped; raises WeightsError as read_tensors does."""
    return _read_safetensors(path) if path.suffix.lower() == ".safetensors" else _read_pickle(path)


def unwrapped(loaded: Any, path: Path) -> dict[str, Any]:
    """The tensors of a loaded file by plain name."""
    import torch

    for wrapper in ("state_dict", "controlnet", "module"):
        if isinstance(loaded, dict) and isinstance(loaded.get(wrapper), dict):
            loaded = loaded[wrapper]
    if not isinstance(loaded, dict):
        raise WeightsError(f"{path} holds a {type(loaded).__name__}, not named tensors; check the file")
    return {
        str(key).removeprefix("module."): value
        for key, value in loaded.items()
        if isinstance(value, torch.Tensor)
    }


def _read_safetensors(path: Path) -> Any:
    from safetensors.torch import load_file

    shapes_in(path)
    return load_file(path)


def _read_pickle(path: Path) -> Any:
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except UnpicklingError as error:
        raise WeightsError(unsafe(path) if "GLOBAL" in str(error) else damaged(path)) from error
    except Exception as error:  # a damaged pickle fails in any way: OSError, KeyError, EOFError …
        raise WeightsError(damaged(path)) from error


def damaged(path: Path) -> str:
    """The sentence for a pickle that ends too soon or is none."""
    return f"{path} is truncated, damaged or no weight file; download it again"


def unsafe(path: Path) -> str:
    """The sentence for a pickle that asks for more than tensors."""
    return (
        f"{path} is a pickle that holds more than tensors, so loading it could run code, and animorch "
        "does not; "
        "get the .safetensors version of these weights, or convert it where you trust it"
    )
