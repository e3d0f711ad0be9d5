"""The embedded model: small AnimateDiff weights as package data, and `animorch eval embedded`.

`package:animorch_embedded/weights/model` is how a config names what lies here.
"""

from __future__ import annotations

from animorch import Command, hookimpl
from animorch_embedded.command import Eval

__all__ = ["Eval"]


@hookimpl
def animorch_commands() -> list[type[Command]]:
    return [Eval]
