"""Place: where weights are on this machine, if they are here at all."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from animorch.errors import UsageError
from animorch.spec.weights import PACKAGE, Weights

# the file by which a repository in diffusers' layout is known
SIGNS = (
    "model_index.json",
    "config.json",
    "pytorch_lora_weights.safetensors",
    "diffusion_pytorch_model.safetensors",
)


@dataclass(frozen=True)
class Place:
    """A file or folder, and in what it lies."""

    path: Path
    within: str  # package, path, models folder or hub cache


def place_of(weights: Weights, *, hashed: bool = False) -> Place | None:
    """Where the weights are; None when they are not here. Nothing is fetched.

    A file in a models folder has the published name and size; `hashed`: and one of the published hashes.
    """
    if weights.path is not None:
        return _written(weights)
    if (found := weights.found(hashed=hashed)) is not None:
        return Place(found, "models folder")
    cached = in_cache(weights)
    return None if cached is None else Place(cached, "hub cache")


def _written(weights: Weights) -> Place | None:
    try:
        found = weights.local()
    except UsageError:
        return None
    return Place(found, "package" if (weights.path or "").startswith(PACKAGE) else "path")


def in_cache(weights: Weights) -> Path | None:
    """The file, or the snapshot folder of a repository, in the hub's cache; None when it is not there."""
    if weights.repo is None or find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    for file in (weights.file,) if weights.file else SIGNS:
        found = try_to_load_from_cache(weights.repo, file, revision=weights.revision)
        if isinstance(found, str):
            return Path(found) if weights.file else Path(found).parent
    return None


def size_of(path: Path) -> int:
    """Bytes of a file, or of everything in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(item.stat().st_size for item in path.rglob("*") if item.is_file())
