"""Exported: the graph that animorch builds for an experiment, as a file for ComfyUI."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from animorch import UsageError, composed, make
from animorch_comfyui.built import Built
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow.drawn import drawn
from animorch_comfyui.workflow.signatures import assumed

_OWN = re.compile(r"[+~]*backend\b\.?(.*)")
_OF_WORKFLOWS = ("workflow", "set", "bind", "output")


@dataclass(frozen=True)
class Asked:
    """An experiment's words, and the options of the backend among them."""

    words: tuple[str, ...]
    options: Mapping[str, Any]

    @property
    def url(self) -> str | None:
        return self.options.get("url")

    @classmethod
    def of(cls, words: Sequence[str]) -> Asked:
        """Raises UsageError for a word that is no KEY=VALUE, or that asks for another renderer's clip."""
        options: dict[str, Any] = {}
        others = []
        for word in words:
            if "=" not in word:
                raise UsageError(f"{word} should be KEY=VALUE, as in steps=20")
            key, _, value = word.partition("=")
            own = _OWN.fullmatch(key)
            if own is None:
                others.append(word)
            elif own[1]:
                _put(options, own[1].split("."), value.strip("'\""))
            elif value != "comfyui":
                raise UsageError(
                    f"{word}: export writes a graph of backend=comfyui; leave that out, and say its options "
                    "one by one, as in backend.gen=gen1"
                )
        return cls(tuple(others), options)

    def built(self, offers: Offers | None) -> tuple[Built, Offers]:
        """The graph, for a server's nodes or for those that our graphs usually meet; raises BackendError."""
        from animorch_comfyui.graph import GraphOptions, build

        if theirs := [name for name in _OF_WORKFLOWS if self.options.get(name)]:
            raise UsageError(
                f"backend.{theirs[0]} is for a graph of your own, and export writes animorch's; take that out"
            )
        own = make("backend", "comfyui", self.options)
        spec = composed([*self.words, "backend=testcard"]).spec  # who renders is not asked of the words
        there = offers or assumed(spec, own.models, own.motions)
        options = GraphOptions(own.gen, own.noise, own.tiled_decode, own.video, own.video_fps, own.motions)
        return build(spec, there, own.models, options), there


def exported(built: Built, offers: Offers, path: Path, api: bool) -> list[str]:
    """Writes the file, and the pictures that it loads beside it; returns what to tell.

    Raises UsageError when a file cannot be written.
    """
    graph = built.graph if api else drawn(built.graph, offers)
    try:
        path.write_text(json.dumps(graph, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        for picture in built.pictures:
            beside = path.parent / "animorch" / picture.name
            beside.parent.mkdir(exist_ok=True)
            beside.write_bytes(picture.data())
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}); name another with -o") from error
    opens = (
        "POST it to /prompt as `prompt`" if api else "open it in ComfyUI with Workflow > Open, or drop it in"
    )
    told = [f"{path}: {len(built.graph)} nodes; {opens}"]
    if built.pictures:
        told.append(
            f"copy the folder {path.parent / 'animorch'} into the server's input folder: it loads from it"
        )
    return told


def _put(options: dict[str, Any], keys: Sequence[str], value: str) -> None:
    *above, last = keys if keys[0] != "models" else ("models", ".".join(keys[1:]))
    for key in above:
        options = options.setdefault(key, {})
    options[last] = None if value == "null" else _listed(value)


def _listed(value: str) -> Any:
    """A list or table as it is; raises UsageError."""
    import yaml

    try:
        return yaml.safe_load(value) if value[:1] in ("[", "{") else value
    except yaml.YAMLError as error:
        raise UsageError(f"{value} is no list or table; check its brackets") from error
