"""Where config files are: the shipped folder and the user's own."""

from __future__ import annotations

from pathlib import Path

import animorch


def shipped() -> Path:
    """The conf folder of this installation: inside the wheel, or beside the package in a checkout."""
    package = Path(animorch.__file__).parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def yours() -> Path:
    """The conf folder where the command is run; it need not exist."""
    return Path.cwd() / "conf"


def choices(group: str) -> list[str]:
    """Names of a config group's files, in both folders."""
    files = (path for root in (shipped(), yours()) for path in (root / group).glob("*.[yt][ao]ml"))
    return sorted({path.stem for path in files})
