"""Verify: whether files are what they are called, and what files without a preset are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from animorch.errors import AnimorchError
from animorch.models.place import Place, place_of
from animorch.models.registry import Model, models
from animorch.shelf.layout import layout_of
from animorch.shelf.search import files, matches
from animorch.shelf.trees import KINDS
from animorch.spec.weights import Weights, fingerprint

_HASHED = ("motion", "motion_lora")  # kinds small enough, and with enough published hashes, to hash unasked


@dataclass(frozen=True)
class Verdict:
    """What was found of one file. state: good, unproven (no published hash), wrong, missing or unlisted."""

    name: str
    state: str
    said: str
    path: Path | None = None


def verdict_of(model: Model) -> Verdict:
    """Hash the weights that are here under a preset's name."""
    weights = model.entry
    place = place_of(weights, hashed=True)
    if place is None and (other := _called_so(weights)) is not None:
        place = Place(other, "models folder")  # of the published name, and yet another file
    if place is None:
        return Verdict(weights.name, "missing", f"not here; {model.needs}")
    if not weights.sha256 or place.path.is_dir():
        return Verdict(weights.name, "unproven", _unproven(place.path), place.path)
    found = fingerprint(place.path)
    if found in weights.sha256:
        return Verdict(weights.name, "good", "is the published file", place.path)
    what = verdict_on(place.path).said
    return Verdict(weights.name, "wrong", f"is not the published file: {what}", place.path)


def strangers(listed: list[Verdict]) -> Iterator[Verdict]:
    """The files in the models folders that no verdict is about, each by what it is."""
    seen = {verdict.path for verdict in listed}
    for kind in KINDS:
        for path in files(kind):
            if path not in seen:
                seen.add(path)
                yield verdict_on(path, hashed=kind in _HASHED)


def verdict_on(path: Path, *, hashed: bool = True) -> Verdict:
    """A file without a preset of its name: one of the published ones by its hash, or what its header says."""
    try:
        return Verdict(path.name, "unlisted", what_is(path, hashed=hashed), path)
    except AnimorchError as error:
        return Verdict(path.name, "wrong", str(error), path)


def what_is(path: Path, *, hashed: bool = True) -> str:
    """A file in words, by its hash or its layout. Raises AnimorchError when it cannot be read."""
    known = _by_hash().get(fingerprint(path)) if hashed else None
    return f"{known} under another name" if known else layout_of(path).sentence()


def _called_so(weights: Weights) -> Path | None:
    if weights.file is None:
        return None
    return next((path for path in matches(Path(weights.file).name, weights.kinds) if path.is_file()), None)


def _unproven(path: Path) -> str:
    if path.is_dir():
        return "a folder, for which no hash is published"
    return f"no published hash; its sha256 is {fingerprint(path)}"


def _by_hash() -> dict[str, str]:
    return {sha: model.entry.name for model in models() for sha in model.entry.sha256}
