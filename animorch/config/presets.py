"""Presets: the values of a group's files, shipped and the user's, read without composing."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from animorch.config.folders import shipped, yours


def preset_files(group: str) -> dict[str, Path]:
    """A group's files by name; the user's ./conf comes before the shipped one."""
    files = (path for root in (shipped(), yours()) for path in (root / group).glob("*.[yt][ao]ml"))
    return dict(sorted((path.stem, path) for path in files))


def presets(group: str) -> dict[str, dict[str, Any]]:
    """Values by name, without Hydra's `defaults`; files that cannot be read are left out."""
    read = {name: values_in(path) for name, path in preset_files(group).items()}
    return {name: values for name, values in read.items() if values is not None}


def values_in(path: Path) -> dict[str, Any] | None:
    """The values of one file; null where it cannot be read as a table."""
    values = _read(path, path.stat().st_mtime_ns)
    return None if values is None else {key: item for key, item in values.items() if key != "defaults"}


@lru_cache(maxsize=256)
def _read(path: Path, _written: int) -> dict[str, Any] | None:
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return found if isinstance(found, dict) else None
