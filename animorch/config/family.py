"""Family: which choices of a group are of one base, read from their files without composing."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from animorch.config.folders import shipped, yours


def of_base(group: str, base: str) -> list[str]:
    """Names of the group's files, shipped and yours, whose `base` this is; one that cannot be read is not."""
    files = {path.stem: path for root in (shipped(), yours()) for path in (root / group).glob("*.[yt][ao]ml")}
    return sorted(name for name, path in files.items() if _base(path, path.stat().st_mtime_ns) == base)


@lru_cache(maxsize=256)
def _base(path: Path, _written: int) -> Any:
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return found.get("base") if isinstance(found, dict) else None
