"""Models: which weights are known, which of them are here, and how the others come here."""

from animorch.models.registry import pull_command

__all__ = ["pull_command"]
