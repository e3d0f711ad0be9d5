"""Pull: weights from the hub into its cache or a folder, checked before they take their place."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from animorch.errors import UsageError, WeightsError
from animorch.models.hub import (
    Remote,
    described,
    endpoint,
    fetch,
    is_offline,
    listed,
    refuse_offline,
    refuse_other_upload,
    refuse_wrong,
)
from animorch.models.place import SIGNS, place_of
from animorch.models.registry import Model
from animorch.shelf.trees import home_of
from animorch.spec.weights import Weights

_PARTS = ("unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "scheduler")
_VARIANT = re.compile(r"\.(fp16|fp32|bf16|non_ema|ema_only)\.|flax|openvino|onnx")


def pull(model: Model, to: Path | None = None) -> tuple[Path, bool]:
    """The weights' place, and whether they had to be fetched.

    Raises WeightsError when the hub does not deliver, or delivers another file; what came so far is kept.
    Raises UsageError for weights that have no address, or a place that is taken.
    """
    weights = model.entry
    if weights.repo is None:
        raise UsageError(f"{weights.name} is not on the hub: it is read from {weights.path}")
    if to is None:
        place = place_of(weights, hashed=True)
        if place is not None and _is_whole(place.path, weights):
            return place.path, False
        refuse_offline(weights)
        return _into_cache(weights), True
    return _into_folder(model, home_of(to.expanduser().absolute(), model.kind))


def _is_whole(path: Path, weights: Weights) -> bool:
    """A snapshot folder may lack files, so the hub is asked for them again; a file in the cache is hashed."""
    return is_offline() if weights.file is None else weights.is_published(path)


def _into_cache(weights: Weights) -> Path:
    """Blobs by their etag, as huggingface_hub keeps them; it makes the links by itself."""
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.file_download import repo_folder_name

    remotes = _remotes(weights)
    blobs = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=weights.repo or "", repo_type="model")
    found = Path()
    for remote in remotes:
        blob = blobs / "blobs" / remote.etag
        if blob.exists() and not _is_sound(blob, remote, weights):
            blob.unlink()
        if not blob.exists():
            _checked(remote, blob.with_name(f"{remote.etag}.incomplete"), blob, weights)
        found = Path(hf_hub_download(remote.repo, remote.file, revision=remote.revision, endpoint=endpoint()))
    return found if weights.file else _snapshot(found, remotes[-1])


def _is_sound(blob: Path, remote: Remote, weights: Weights) -> bool:
    return blob.stat().st_size == remote.size and (not weights.sha256 or weights.is_published(blob))


def _snapshot(found: Path, remote: Remote) -> Path:
    return found.parents[len(PurePosixPath(remote.file).parts) - 1]


def _into_folder(model: Model, home: Path) -> tuple[Path, bool]:
    """A file under its own name, a repository as a folder named as it is."""
    weights = model.entry
    target = home / PurePosixPath(weights.file or weights.repo or "").name
    if target.exists():
        if weights.file is None or weights.is_published(target):
            return target, False
        raise UsageError(
            f"{target} is there and is not {weights.name}; move it away or choose another --to FOLDER"
        )
    refuse_offline(weights)
    remotes = _remotes(weights)
    if weights.file is not None:
        _checked(remotes[0], home / f".{target.name}.{remotes[0].etag[:8]}.part", target, weights)
        return target, True
    growing = home / f".{target.name}.{remotes[0].commit[:8]}.part"
    for remote in remotes:
        if not (growing / remote.file).exists():
            part = growing / f"{remote.file}.{remote.etag[:8]}.part"
            _checked(remote, part, growing / remote.file, weights)
    os.replace(growing, target)
    return target, True


def _checked(remote: Remote, partial: Path, target: Path, weights: Weights) -> None:
    """Fetch beside, check, rename into place."""
    fetch(remote, partial, weights)
    refuse_wrong(partial, remote, weights)
    os.replace(partial, target)


def _remotes(weights: Weights) -> list[Remote]:
    """What has to come; another upload than those known is refused before a byte is fetched."""
    files = [weights.file] if weights.file else wanted(listed(weights))
    if not files:
        raise WeightsError(f"{weights.name}: {weights.repo} has no weights in diffusers' layout; name a file")
    remotes = [described(weights, file) for file in files]
    for remote in remotes if weights.file else ():
        refuse_other_upload(remote, weights)
    return remotes


def wanted(files: Sequence[str]) -> list[str]:
    """Of a repository in diffusers' layout the files that a render reads, one variant of each part."""
    if "model_index.json" not in files:
        return [file for file in files if file in SIGNS] if set(files) & set(SIGNS) else []
    found = ["model_index.json"]
    for part in _PARTS:
        inside = [file for file in files if file.startswith(f"{part}/") and not _VARIANT.search(file)]
        safe = any(file.endswith(".safetensors") for file in inside)
        weights = ".safetensors" if safe else ".bin"
        found += [file for file in inside if file.endswith((weights, ".json", ".txt"))]
    return found
