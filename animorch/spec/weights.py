"""Weights: files of numbers, and how their content is named.

A file is known by the SHA-256 of its bytes; a folder by the SHA-256 of its files' names and hashes.
Hashing gigabytes is slow, so results are remembered by path, size and modification time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_cache_path
from pydantic import Field, StringConstraints

from animorch.errors import UsageError
from animorch.spec.model import Frozen

Base = Literal["sd15", "sdxl"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Weights(Frozen):
    """Where weights are: a local `path`, or a hub `repo` (and `file` in it)."""

    name: str = Field(min_length=1, description="The word that chooses these weights.")
    path: str | None = Field(None, min_length=1, description="Local file or diffusers folder; before repo.")
    repo: str | None = Field(None, description="Hub repository id.")
    file: str | None = Field(None, description="File inside the hub repository.")
    revision: str | None = Field(None, description="Branch, tag or commit of the repository.")
    bytes: int | None = Field(None, ge=0, description="Size of the published file.")
    sha256: tuple[Sha256, ...] = Field((), description="Known hashes; uploads may have several.")
    licence: str = Field("not stated", description="Licence as the publisher states it.")
    notes: str = Field("", description="What a person should know before choosing it.")

    def content(self) -> str:
        """The name of these weights' content, for a render key.

        A local path is hashed; otherwise the published hash, otherwise the hub address.
        Raises UsageError when `path` does not exist.
        """
        if self.path is not None:
            return "sha256:" + fingerprint(self.local())
        if self.sha256:
            return "sha256:" + self.sha256[0]
        address = [part for part in (self.repo, self.revision, self.file) if part]
        return "hub:" + "/".join(address) if address else "name:" + self.name

    def local(self) -> Path:
        """The path as an existing, absolute one; raises UsageError when it is not there."""
        return existing(self.path or "", self.name)


def existing(path: str, name: str) -> Path:
    """The path as an absolute one; raises UsageError, naming whose it is, when nothing is there."""
    found = Path(path).expanduser().absolute()
    if not found.exists():
        raise UsageError(f"{name}: there is no file or folder at {found}; check the path")
    return found


def fingerprint(path: Path) -> str:
    """SHA-256 (hex) of a file, or of a folder's sorted (relative path, file hash) pairs."""
    if path.is_file():
        return _file_fingerprint(path)
    inside = sorted(
        item.relative_to(path).as_posix()
        for item in path.rglob("*")
        if item.is_file() and not any(part.startswith(".") for part in item.relative_to(path).parts)
    )
    lines = (f"{name}\0{_file_fingerprint(path / name)}\n" for name in inside)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _file_fingerprint(path: Path) -> str:
    try:
        stat = path.stat()
        return _hash_once(str(path.resolve()), stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); check its permissions") from error


@lru_cache(maxsize=4096)
def _hash_once(path: str, size: int, mtime_ns: int) -> str:
    memory = user_cache_path("animorch") / "hashes.json"
    stamp = [size, mtime_ns]
    known = _read(memory)
    found = known.get(path)
    if isinstance(found, list) and found[:2] == stamp:
        return str(found[2])
    with Path(path).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if size > 1 << 20:  # a small file is cheaper to hash again than to remember
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
        memory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=memory.parent, delete=False) as beside:
            json.dump(known, beside)
        os.replace(beside.name, memory)
    except OSError:
        return  # a cache that cannot be written costs time, nothing else
