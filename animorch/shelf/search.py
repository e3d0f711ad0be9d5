"""Search: weights by name in the folders that ANIMORCH_MODELS lists.

The variable holds folders and extra_model_paths.yaml files, parted as PATH is (`:`, on Windows `;`). It is an
environment variable so that every process of a sweep, however it was launched, finds the same files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from animorch.shelf.trees import Folder, folders_in_yaml, folders_under

VARIABLE = "ANIMORCH_MODELS"
SUFFIXES = (".safetensors", ".ckpt", ".pth", ".pt", ".bin")
Files = tuple[Path, ...]


def roots() -> list[Path]:
    """What ANIMORCH_MODELS lists, as absolute paths, whether or not something is there."""
    listed = os.environ.get(VARIABLE, "").split(os.pathsep)
    return [Path(item).expanduser().absolute() for item in listed if item.strip()]


def folders(kinds: Sequence[str]) -> list[Path]:
    """Existing folders for these kinds, in the order of the search. Raises UsageError for a broken YAML."""
    return [folder.path for folder in _all(tuple(roots())) if folder.kind is None or folder.kind in kinds]


def find(name: str, kinds: Sequence[str]) -> Path | None:
    """The first file or folder that `name` means: a path below a folder of its kind, or a bare file name,
    with or without its suffix, anywhere below. None when there is none.
    """
    return next(matches(name, kinds), None)


def matches(name: str, kinds: Sequence[str]) -> Iterator[Path]:
    """Every such file, best first: in the order of the folders, shallow before deep, then by name."""
    written = Path(name)
    if written.is_absolute() or not name.strip() or ".." in written.parts:
        return
    names = [name] if written.suffix.lower() in SUFFIXES else [name, *(name + end for end in SUFFIXES)]
    seen: set[Path] = set()
    for folder in _all(tuple(roots())):
        if folder.kind is None or folder.kind in kinds:
            for path in _in_folder(folder, names):
                if path not in seen:
                    seen.add(path)
                    yield path


def files(kind: str) -> list[Path]:
    """Every weight file in the folders of one kind, each once, in the order of the search."""
    own = (folder for folder in _all(tuple(roots())) if folder.kind == kind)
    return list(dict.fromkeys(path for folder in own for path in _inside(folder.path)))


def _in_folder(folder: Folder, names: Sequence[str]) -> Iterator[Path]:
    yield from (path for name in names if (path := folder.path / name).exists())
    if folder.kind is not None and len(Path(names[0]).parts) == 1:
        yield from (path for name in names for path in _by_name(folder.path).get(name, ()))


def _by_name(folder: Path) -> dict[str, list[Path]]:
    return _indexed(folder, folder.stat().st_mtime_ns) if folder.is_dir() else {}


def _inside(folder: Path) -> Files:
    return _walked(folder, folder.stat().st_mtime_ns) if folder.is_dir() else ()


@lru_cache(maxsize=64)
def _all(places: Files) -> tuple[Folder, ...]:
    """Read once a process, so that a plan of a thousand points does not read it a thousand times."""
    found: dict[Folder, None] = {}
    for place in places:
        listed = folders_in_yaml(place) if place.suffix.lower() in (".yaml", ".yml") else folders_under(place)
        found |= {folder: None for folder in listed if folder.path.is_dir()}
    return tuple(found)


@lru_cache(maxsize=256)
def _indexed(folder: Path, written: int) -> dict[str, list[Path]]:
    index: dict[str, list[Path]] = {}
    for path in _walked(folder, written):
        index.setdefault(path.name, []).append(path)
    return index


@lru_cache(maxsize=256)
def _walked(folder: Path, _written: int) -> Files:
    """Weight files below a folder; links are followed, as people share trees by them, and loops are not."""
    found: list[Path] = []
    seen: set[str] = set()
    for place, inside, names in os.walk(folder, followlinks=True):
        if (real := os.path.realpath(place)) in seen:
            inside.clear()
            continue
        seen.add(real)
        inside[:] = [name for name in inside if not name.startswith(".")]
        here = Path(place)
        found += [here / name for name in names if _is_weights(name)]
    return tuple(sorted(found, key=lambda path: (len(path.parts), str(path))))


def _is_weights(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(SUFFIXES)
