"""Slugs: short, safe names for folders."""

from __future__ import annotations

import re
from collections.abc import Mapping


def slug(coordinates: Mapping[str, str], longest: int = 40) -> str:
    """`{cfg: 7, motion: v3}` becomes `cfg-7_motion-v3`; no coordinates become `clip`."""
    words = "_".join(f"{axis.rpartition('.')[2]}-{text}" for axis, text in coordinates.items())
    return re.sub(r"[^A-Za-z0-9._-]+", "-", words)[:longest].strip("-._") or "clip"
