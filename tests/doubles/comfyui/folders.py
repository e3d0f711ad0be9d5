"""Folders: input, output and temp of one server, and the numbers of the files in them."""

from __future__ import annotations

import hashlib
import io
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("input", "output", "temp")
_TIMES = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}


class Escapes(ValueError):
    """A path that leaves the server's folder."""


@dataclass(frozen=True)
class Place:
    """Where the next file of a prefix goes: `folder/name_00001...`."""

    folder: Path
    subfolder: str
    name: str
    counter: int


class Folders:
    """The folders of one server below `root`; they outlive it when the root does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for kind in KINDS:
            (root / kind).mkdir(parents=True, exist_ok=True)

    def path(self, kind: str, subfolder: str, name: str) -> Path:
        """A file's path; `Escapes` when it lies outside of the folder."""
        base = (self.root / kind).resolve()
        path = (base / subfolder / name).resolve()
        if not path.is_relative_to(base):
            raise Escapes(f"{path.name} lies outside of the {kind} folder")
        return path

    def place(self, kind: str, prefix: str, width: int, height: int) -> Place:
        """The place of the next file: one more than the highest number with this prefix in this folder."""
        now = time.localtime()
        words = {"%width%": str(width), "%height%": str(height)}
        words |= {f"%{word}%": time.strftime(form, now) for word, form in _TIMES.items()}
        for word, value in words.items():
            prefix = prefix.replace(word, value)
        subfolder, _, name = prefix.replace("\\", "/").rpartition("/")
        folder = self.path(kind, prefix if prefix.startswith("/") else subfolder, "x").parent
        folder.mkdir(parents=True, exist_ok=True)
        numbered = re.compile(re.escape(name) + r"_(\d+)\D?.*")
        numbers = [int(found[1]) for each in folder.iterdir() if (found := numbered.fullmatch(each.name))]
        return Place(folder, subfolder, name, max(numbers, default=0) + 1)

    def uploads(self) -> list[str]:
        """Names of the pictures that lie in the input folder itself."""
        return sorted(each.name for each in (self.root / "input").iterdir() if each.is_file())

    def upload(self, name: str, data: bytes, kind: str, subfolder: str, overwrite: bool) -> str:
        """Keeps the bytes and returns the name: the same for the same bytes, `name (1).png` for others."""
        path = self.path(kind, subfolder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        stem, ending, number = path.stem, path.suffix, 0
        while not overwrite and path.exists() and path.read_bytes() != data:
            number += 1
            path = path.with_name(f"{stem} ({number}){ending}")
        path.write_bytes(data)
        return path.name

    def picture(self, written: str) -> Path:
        """The file that LoadImage means: `sub/name.png`, or `name.png [output]` for another folder."""
        annotated = re.fullmatch(r"(.*) \[(input|output|temp)\]", written)
        name, kind = (annotated[1], annotated[2]) if annotated else (written, "input")
        return self.path(kind, "", name)

    def has_picture(self, written: str) -> bool:
        try:
            return self.picture(written).is_file()
        except Escapes:
            return False

    def content(self, written: Any) -> str:
        """The hash of an uploaded file's bytes; empty when it is not there."""
        if not isinstance(written, str) or not self.has_picture(written):
            return ""
        return hashlib.sha256(self.picture(written).read_bytes()).hexdigest()

    def size(self, written: str) -> tuple[int, int]:
        """Width and height of an uploaded picture."""
        from PIL import Image

        with Image.open(io.BytesIO(self.picture(written).read_bytes())) as picture:
            return picture.size
