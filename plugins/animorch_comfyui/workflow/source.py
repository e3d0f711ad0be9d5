"""Source: a workflow as a person has it, in a file of its own or inside a picture or film that it made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from animorch import MediaError, UsageError
from animorch_comfyui.built import Graph
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow.converted import converted

_CARRIERS = frozenset({".png", ".webp", ".gif", ".mp4", ".m4v", ".mov", ".webm", ".mkv"})
_LOOKS = frozenset({"pos", "size", "color", "bgcolor", "flags", "order", "extra", "groups", "bounding"})
_KEYS = ("prompt", "output", "workflow")  # of /prompt's body, of other tools' files, of containers


@dataclass(frozen=True)
class Workflow:
    """A graph in API format, in the editor's format, or in both; the former is what a server runs."""

    name: str
    api: Graph | None = field(default=None, repr=False)
    editor: Mapping[str, Any] | None = field(default=None, repr=False)

    @classmethod
    def read(cls, path: Path | str) -> Workflow:
        """A .json in either format, or a PNG, WebP, mp4 or webm that ComfyUI wrote a graph into.

        Raises UsageError with a sentence when the file is missing, broken or carries no graph.
        """
        path = Path(path).expanduser()
        if not path.is_file():
            raise UsageError(f"there is no workflow at {path}; check the path")
        try:
            return cls._of(path.name, list(_carried(path)))
        except _NoGraphError as error:
            raise UsageError(f"{path} {error}") from error

    @classmethod
    def parsed(cls, data: Any, name: str = "workflow") -> Workflow:
        """From JSON that is read already; raises UsageError when it is no graph."""
        try:
            return cls._of(name, [data])
        except _NoGraphError as error:
            raise UsageError(f"{name} {error}") from error

    @classmethod
    def _of(cls, name: str, found: list[Any]) -> Workflow:
        parts = [part for data in found for part in _unpacked(data)]
        api = next((part for part in parts if _is_api(part)), None)
        editor = next((part for part in parts if _is_editor(part)), None)
        if api is None and editor is None:
            raise _NoGraphError(
                "holds no ComfyUI graph; save it in the editor with Workflow > Export (API), "
                "or Workflow > Save"
            )
        return cls(name, api, editor)

    def graph(self, offers: Offers | None = None) -> Graph:
        """A fresh copy of the graph in API format.

        What was saved by the editor alone is converted, for which the server's nodes are needed; raises
        UsageError without them, and for nodes that the server has not.
        """
        if self.api is not None:
            return {node: {"inputs": {}, **said} for node, said in deepcopy(self.api).items()}
        assert self.editor is not None
        if offers is None:
            raise UsageError(
                f"{self.name} is saved in the editor's format, whose values only a server can name, and no "
                "server was reached; name one that runs (backend.url, or --url), or save with "
                "Workflow > Export (API)"
            )
        return converted(self.editor, offers, self.name)

    def content(self) -> str:
        """SHA-256 (hex) of the graph, wherever its nodes lie on the editor's page."""
        seen = self.api if self.api is not None else _without_looks(self.editor)
        text = json.dumps(seen, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class _NoGraphError(Exception):
    """What is wrong, to be said after the file's name."""


def _carried(path: Path) -> Iterator[Any]:
    """Every JSON value that the file carries."""
    if path.suffix.lower() not in _CARRIERS:
        try:
            yield json.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, RecursionError) as error:
            raise _NoGraphError(
                f"could not be read as JSON ({error}); check that it is a workflow"
            ) from error
        return
    from animorch import texts_of

    try:
        texts = texts_of(path)
    except MediaError as error:
        raise UsageError(str(error)) from error
    found = list(_in_texts(texts))
    if not found:
        raise _NoGraphError(
            "carries no ComfyUI graph (GIF and WebP of VideoHelperSuite never do, and a server started with "
            "--disable-metadata writes none); use the PNG that was saved beside it, or the workflow's .json"
        )
    yield from found


def _in_texts(texts: Mapping[str, str]) -> Iterator[Any]:
    """Texts of a container that are JSON; an EXIF text has its name before a colon (`prompt:{…}`)."""
    for name, text in texts.items():
        if not text.lstrip().startswith("{"):
            name, _, text = text.partition(":")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield {name: value} if name in _KEYS else value


def _unpacked(data: Any) -> Iterator[Any]:
    """The value itself, and what lies under the names that programs put graphs under, as JSON or as text."""
    if not isinstance(data, dict):
        return
    yield data
    for key in _KEYS:
        inner = data.get(key)
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            try:
                inner = json.loads(inner)
            except (ValueError, RecursionError):
                continue
        if isinstance(inner, dict):
            yield inner


def _is_api(data: Mapping[str, Any]) -> bool:
    return bool(data) and all(
        isinstance(node, dict)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs", {}), dict)
        for node in data.values()
    )


def _is_editor(data: Mapping[str, Any]) -> bool:
    nodes = data.get("nodes")
    return isinstance(nodes, list) and bool(nodes) and all(isinstance(node, dict) for node in nodes)


def _without_looks(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_looks(item) for key, item in value.items() if key not in _LOOKS}
    return [_without_looks(item) for item in value] if isinstance(value, list) else value
