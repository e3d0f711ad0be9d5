"""Family: which choices of a group are of one base."""

from __future__ import annotations

from animorch.config.presets import presets


def of_base(group: str, base: str) -> list[str]:
    """Names of the group's files, shipped and yours, whose `base` this is; one that cannot be read is not."""
    return sorted(name for name, values in presets(group).items() if values.get("base") == base)
