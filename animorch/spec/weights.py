"""Weights: files of numbers, and how their content is named.

A file is known by the SHA-256 of its bytes; a folder by the SHA-256 of its files' names and hashes.
Hashing gigabytes is slow, so results are remembered by path, size, times and inode.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import Annotated, Any, ClassVar, Literal

from platformdirs import user_cache_path
from pydantic import Field, StringConstraints, model_validator

from animorch.errors import MediaError, UsageError, WeightsError
from animorch.place import beside
from animorch.shelf.search import VARIABLE, find, matches, roots
from animorch.shelf.trees import KINDS
from animorch.spec.model import Frozen

Base = Literal["sd15", "sdxl", "embedded"]  # `embedded`: of Stable Diffusion's shape, but small
PACKAGE = "package:"  # `package:NAME/FOLDER`: data of an installed package, wherever that lies
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Weights(Frozen):
    """Where weights are: a local `path`, or a hub `repo` (and `file` in it).

    Either is also looked for in the folders that ANIMORCH_MODELS lists, by its file's name.
    A path `package:NAME/REST` lies in the installed package NAME. It is resolved where it is used and
    kept as it was written, so that records and commands say the same on every machine.
    """

    kinds: ClassVar[tuple[str, ...]] = KINDS  # of folders in which such a file is looked for

    name: str = Field(min_length=1, description="The word that chooses these weights.")
    path: str | None = Field(
        None, min_length=1, description="Local file or diffusers folder, or package:NAME/FOLDER; before repo."
    )
    repo: str | None = Field(None, description="Hub repository id.")
    file: str | None = Field(None, description="File inside the hub repository.")
    revision: str | None = Field(None, description="Branch, tag or commit of the repository.")
    aliases: tuple[str, ...] = Field((), description="What servers call the file, without its ending.")
    bytes: int | None = Field(None, ge=0, description="Size of the published file.")
    sha256: tuple[Sha256, ...] = Field((), description="Known hashes; uploads may have several.")
    licence: str = Field("not stated", description="Licence as the publisher states it.")
    notes: str = Field("", description="What a person should know before choosing it.")

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, data: Any) -> Any:
        """A text is short for a path, whose file gives the name."""
        return in_words(data) | {"name": PurePath(data).stem or data} if isinstance(data, str) else data

    def content(self) -> str:
        """The name of these weights' content, for a render key.

        A local path is hashed; otherwise the published hash (of several uploads that of the one which is
        here), otherwise the hub address. Raises UsageError when `path` does not exist.
        """
        if self.path is not None:
            return "sha256:" + fingerprint(self.local())
        if self.sha256:
            here = self.found() if len(self.sha256) > 1 else None
            return "sha256:" + (fingerprint(here) if here else self.sha256[0])
        file = f":{self.file}" if self.file else ""  # without a repository: as a server calls it
        return (
            f"hub:{self.repo}@{self.revision or ''}:{self.file or ''}"
            if self.repo
            else f"name:{self.name}{file}"
        )

    def check(self, path: Path) -> None:
        """Raise WeightsError when a fetched file is none of the uploads whose hashes are known."""
        if self.sha256 and fingerprint(path) not in self.sha256:
            raise WeightsError(
                f"{self.name}: {path} is not the published file (its sha256 is {fingerprint(path)[:12]}…, "
                f"known is {self.sha256[0][:12]}…); fetch it again, or name it by its path"
            )

    def local(self) -> Path:
        """The path as an existing, absolute one; raises UsageError when it is not there."""
        return existing(self.path or "", self.name, self.kinds)

    def found(self, *, hashed: bool = True) -> Path | None:
        """A hub file of these weights in the folders of ANIMORCH_MODELS; None when there is none.

        It has the published name, and the size and (when `hashed`) one of the hashes where those are known.
        """
        if self.path is not None or self.file is None:
            return None
        called_so = matches(Path(self.file).name, self.kinds)
        return next((path for path in called_so if self.is_published(path, hashed=hashed)), None)

    def is_published(self, path: Path, *, hashed: bool = True) -> bool:
        """Whether a file is one of the uploads, as far as their size and hashes are known."""
        uploads = max(1, len(self.sha256))  # `bytes` is the size of the first
        if not path.is_file() or (self.bytes and uploads == 1 and path.stat().st_size != self.bytes):
            return False
        return not (hashed and self.sha256) or fingerprint(path) in self.sha256


def in_words(words: str, *, weighted: bool = False) -> dict[str, Any]:
    """Weights in short: `file.safetensors`, or `file.safetensors:0.8` with a strength (`weighted`)."""
    path, _, weight = words.rpartition(":")
    if weighted and path:
        with suppress(ValueError):  # a colon of the path's own
            return {"path": path, "weight": float(weight)}
    return {"path": words}


def existing(path: str, name: str, kinds: Sequence[str] = ()) -> Path:
    """The path as an absolute one; raises UsageError, naming whose it is, when nothing is there.

    This is the one place where a written path becomes a file of this machine. Of weights (`kinds`) the
    folders of ANIMORCH_MODELS are searched when nothing is at the path itself.
    """
    found = _in_package(path, name) if path.startswith(PACKAGE) else Path(path).expanduser().absolute()
    if found.exists():
        return found
    if kinds and (elsewhere := find(path, kinds)) is not None:
        return elsewhere
    where = f", nor {path} in the folders of {VARIABLE}" if kinds and roots() else ""
    raise UsageError(f"{name}: there is no file or folder at {found}{where}; check the path")


def _in_package(path: str, name: str) -> Path:
    """Where `package:NAME/REST` lies; the package is found, not imported."""
    package, _, rest = path.removeprefix(PACKAGE).partition("/")
    home = _home(package)
    if home is None:
        raise UsageError(
            f"{name}: {path} lies in the package {package or '(unnamed)'}, which is not installed here; "
            "install it, or set path to a file or folder"
        )
    return home / rest


@lru_cache(maxsize=32)
def _home(package: str) -> Path | None:
    """The folder of an installed package, found without importing it; None when there is none."""
    plain = package.isidentifier() and package != "__main__"  # of a dotted name find_spec imports the parents
    found = find_spec(package) if plain else None
    folders = list(found.submodule_search_locations or ()) if found else []
    return Path(folders[0]).absolute() if folders else None


def fingerprint(path: Path) -> str:
    """SHA-256 (hex) of a file, or of a folder's sorted (relative path, file hash) pairs."""
    if path.is_file():
        return _file_fingerprint(path.resolve())
    inside = sorted(
        item.relative_to(path).as_posix()
        for item in path.rglob("*")
        if item.is_file() and not any(part.startswith(".") for part in item.relative_to(path).parts)
    )
    home = path.resolve()
    lines = ("folder\n", *(f"{name}\0{_file_fingerprint(home / name)}\n" for name in inside))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _file_fingerprint(path: Path) -> str:
    try:
        stat = path.stat()
        # size and time alone miss a file put in another's place by `cp -p`; inode and change time do not
        stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
        return _hash_once(str(path), stamp)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); check its permissions") from error


@lru_cache(maxsize=4096)
def _hash_once(path: str, stamp: tuple[int, ...]) -> str:
    memory = user_cache_path("animorch") / "hashes.json"
    found = _read(memory).get(path)
    if isinstance(found, list) and tuple(found[:-1]) == stamp:
        return str(found[-1])
    with Path(path).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if stamp[0] > 1 << 20:  # a small file is cheaper to hash again than to remember
        _remember(memory, _read(memory) | {path: [*stamp, digest]})
    return digest


def _read(memory: Path) -> dict[str, Any]:
    try:
        known = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(memory: Path, known: dict[str, Any]) -> None:
    try:
        with beside(memory) as fresh:
            fresh.write_text(json.dumps(known), encoding="utf-8")
    except MediaError:
        return  # a cache that cannot be written costs time, nothing else
