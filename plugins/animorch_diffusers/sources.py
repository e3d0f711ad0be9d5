"""Sources: from a Weights entry to a path on this machine, through the hub's cache when need be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from animorch import Checkpoint, Embedding, IPAdapter, Lora, UsageError, Weights, WeightsError, pull_command
from animorch_diffusers.pickled import shapes_in_pickle
from animorch_diffusers.tensors import PICKLES, SUFFIXES, shapes_in

Source = Weights
# the file by which a folder of each kind is known; some have two customs
_SIGNS: dict[type[Source], tuple[str, ...]] = {
    Checkpoint: ("model_index.json",),
    Lora: ("pytorch_lora_weights.safetensors", "diffusion_pytorch_model.safetensors"),
    Embedding: ("learned_embeds.safetensors", "learned_embeds.bin"),
    IPAdapter: ("ip-adapter_sd15.safetensors",),  # of a folder one names the file
    Weights: ("config.json", "vae/config.json"),  # of one model, or (a VAE's) of a pipeline that has it
}


def signs_of(source: Source) -> tuple[str, ...]:
    """The files by one of which a folder of this kind is known."""
    return next(signs for kind, signs in _SIGNS.items() if isinstance(source, kind))


def header_of(source: Source) -> dict[str, tuple[int, ...]] | None:
    """Names and shapes of a local file's tensors, without torch; None where they cannot be told."""
    try:
        path = source.local() if source.path else None
        if path is None or not path.is_file():
            return None
        if path.suffix.lower() in PICKLES:
            return shapes_in_pickle(path)
        shapes = shapes_in(path) if path.suffix.lower() == ".safetensors" else None
    except (UsageError, WeightsError, OSError):
        return None  # said by source_problems
    return None if shapes is None else {key.removeprefix("module."): shape for key, shape in shapes.items()}


def sign_in(source: Source, folder: Path) -> Path | None:
    """The file in a local folder that makes it one of this kind."""
    return next((folder / sign for sign in signs_of(source) if (folder / sign).is_file()), None)


def source_problems(source: Source, label: str, offline: bool) -> Iterator[str]:
    """A sentence for weights that are not there, are of an unknown suffix, or are truncated."""
    if source.path is not None:
        yield from _local_problems(source, label)
    elif source.repo is None:
        yield (
            f"{label}={source.name} has neither a path nor a repo; set {label}.path=FILE or "
            f"{label}.repo=OWNER/NAME"
        )
    else:
        yield from _hub_problems(source, label, offline)


def _local_problems(source: Source, label: str) -> Iterator[str]:
    try:
        path = source.local()
    except UsageError as error:
        yield f"{label}: {error}"
        return
    if path.is_dir():
        if sign_in(source, path) is None:
            signs = " or ".join(signs_of(source))
            yield (
                f"{label}={source.name}: the folder {path} has no {signs}, so it is not a diffusers "
                "folder; check the path"
            )
    elif path.suffix.lower() not in SUFFIXES:
        yield _suffix(source, label, str(path))
    else:
        yield from _damage(path)


def _damage(path: Path) -> Iterator[str]:
    try:
        shapes_in_pickle(path) if path.suffix.lower() in PICKLES else shapes_in(path)
    except (WeightsError, OSError) as error:
        yield str(error)


def _suffix(source: Source, label: str, name: str) -> str:
    return (
        f"{label}={source.name}: {name} has a suffix that is none of {', '.join(SUFFIXES)}; give a weight "
        "file or a diffusers folder"
    )


def _hub_problems(source: Source, label: str, offline: bool) -> Iterator[str]:
    if source.file is not None and Path(source.file).suffix.lower() not in SUFFIXES:
        yield _suffix(source, label, source.file)
    elif (offline or hub_is_off()) and find_spec("huggingface_hub") and _absent(source):
        who, first = ("backend.offline", "") if offline else ("HF_HUB_OFFLINE", "unset HF_HUB_OFFLINE and ")
        yield (
            f"{label}={source.name} is not on this machine and {who} forbids fetching it; "
            f"{first}run: {pull_command(source)}"
        )


def _absent(source: Source) -> bool:
    return source.found() is None and cached(source) is None


def hub_is_off() -> bool:
    """Whether the environment itself forbids the hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def cached(source: Source) -> Path | None:
    """The file, or the folder with the sign of this kind, in the hub cache; None when not there."""
    files = (source.file,) if source.file else signs_of(source)
    found = (cached_file(source.repo or "", file, source.revision, whole=not source.file) for file in files)
    return next((path for path in found if path), None)


def cached_file(repo: str, file: str, revision: str | None, *, whole: bool) -> Path | None:
    """A cached hub file, or (`whole`) the snapshot folder that holds it."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, file, revision=revision)
    if not isinstance(found, str):
        return None
    return Path(found).parent if whole else Path(found)


def locate(source: Source, offline: bool) -> Path | str:
    """Local path of file or folder; a hub repository without `file` stays its id, for diffusers to fetch.

    Raises WeightsError when the hub does not deliver.
    """
    if source.path is not None:
        return source.local()
    if source.file is None:
        return source.repo or ""
    if (found := source.found()) is not None:  # in a models folder, and the published file
        return found
    return download(source, source.file, offline)


def download(source: Source, file: str, offline: bool) -> Path:
    """A file of a hub repository, from the cache where it is there; raises WeightsError otherwise."""
    from huggingface_hub import hf_hub_download

    try:
        found = hf_hub_download(source.repo or "", file, revision=source.revision, local_files_only=offline)
    except Exception as error:  # the hub's client raises its own, httpx's and the system's
        raise WeightsError(undelivered(source, error)) from error
    if file == source.file:
        source.check(Path(found))
    return Path(found)


def undelivered(source: Source, error: Exception) -> str:
    """The sentence for weights that the hub did not deliver."""
    why = str(error).strip().partition("\n")[0]
    return (
        f"{source.name}: the hub did not deliver {source.repo} ({why}); check the name and the network, "
        f"or run: {pull_command(source)}"
    )
