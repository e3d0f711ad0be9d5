"""Slips: what Hydra would answer in riddles, caught before it is asked."""

from __future__ import annotations

from collections.abc import Sequence

from animorch.errors import UsageError

_HYDRA_CFG = ("job", "hydra", "all")


def refuse_slips(words: Sequence[str], commands: Sequence[str]) -> None:
    """Raise UsageError for a flag where a key belongs, and for a word that is neither command nor key."""
    for flag, value in zip(words, [*words[1:], ""], strict=False):
        if flag in ("--cfg", "-c") and value not in _HYDRA_CFG:
            raise UsageError(
                f"{flag} is Hydra's flag for printing the config ({flag} job); "
                f"to set the guidance write cfg={value or '7.5'}"
            )
        name, equals, value = flag.partition("=")
        if name == "--cfg" and equals and value not in _HYDRA_CFG:
            raise UsageError(
                f"{flag} is Hydra's flag for printing the config; to set the guidance write cfg={value}"
            )
    first = words[0] if words else ""
    if first and "=" not in first and first[0] not in "-+~":
        raise UsageError(
            f"{first!r} is neither a command ({', '.join(commands)}) nor KEY=VALUE; see `animorch --help`"
        )
