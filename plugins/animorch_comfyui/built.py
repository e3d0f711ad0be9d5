"""Built: a graph that a ComfyUI server can run, and what of it is the clip."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Graph = dict[str, dict[str, Any]]
"""API format: node id → {class_type, inputs, _meta: {title}}; a link is [node id, output index]."""

_UNSEEN = "filename_prefix"  # where files lie is no part of what a graph makes


@dataclass(frozen=True)
class Picture:
    """A picture that the server needs in its input folder, under the name that is sent: its content's.

    A graph's LoadImage says `animorch/<name>`; alike are pictures of one name.
    """

    name: str  # "<24 hex of the bytes' sha256>.png"
    data: Callable[[], bytes] = field(compare=False, repr=False)  # PNG bytes, of the size wanted


@dataclass(frozen=True)
class Built:
    """A graph, and what the client has to know of it."""

    graph: Graph
    frames: str  # the SaveImage whose images are the clip's frames, in order
    pictures: tuple[Picture, ...] = ()
    samplers: tuple[str, ...] = ()  # nodes whose progress is denoising
    steps: int = 1  # denoising steps in all
    loads: tuple[str, ...] = ()  # the server's names of checkpoint, motion module, LoRAs …: dearest first
    also: tuple[str, ...] = ()  # further output nodes that must deliver, such as the server's own video

    def key(self) -> str:
        """SHA-256 (64 hex characters) of the graph without titles and file prefixes.

        Pictures are in it by their names; graphs of one key make the same frames.
        """
        plain = {
            node: {
                "class_type": said.get("class_type"),
                "inputs": {
                    name: _whole(value) for name, value in said.get("inputs", {}).items() if name != _UNSEEN
                },
            }
            for node, said in self.graph.items()
        }
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _whole(value: Any) -> Any:
    """8.0 and 8 are one number to a server."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [_whole(item) for item in value] if isinstance(value, (list, tuple)) else value
