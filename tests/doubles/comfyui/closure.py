"""Closure: what a node's result depends on (its class, its literals, its ancestry), and how large it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Graph = dict[str, Any]
_UNSEEN = frozenset({"filename_prefix"})  # says where a picture lies, not what it shows
_THROUGH = ("samples", "latent_image", "images", "image", "pixels", "image1", "latent", "mask", "video")


@dataclass(frozen=True)
class Shape:
    """How many pictures of which size."""

    frames: int
    width: int
    height: int


@dataclass
class Closure:
    """Keys and shapes of one graph's nodes. `content(name)` is an upload's hash, `size(name)` its size."""

    graph: Graph
    content: Callable[[str], str]
    size: Callable[[str], tuple[int, int]]
    own_ids: frozenset[str] = frozenset()  # classes whose id counts for the cache
    _keys: dict[tuple[str, bool], str] = field(default_factory=dict)

    def cache_key(self, node_id: str) -> str:
        """What the server's cache knows the node by."""
        return self._key(node_id, seen=False)

    def key(self, node_id: str) -> str:
        """What the node's pixels depend on: as the cache's key, without file names and ids."""
        return self._key(node_id, seen=True)

    def _key(self, node_id: str, seen: bool) -> str:
        if (node_id, seen) not in self._keys:
            node = self.graph[node_id]
            told: list[Any] = [node.get("class_type")]
            if not seen and node.get("class_type") in self.own_ids:
                told.append(node_id)
            for name, value in sorted(node.get("inputs", {}).items()):
                if not (seen and name in _UNSEEN):
                    told.append([name, self._value(node, name, value, seen)])
            text = json.dumps(told, sort_keys=True)
            self._keys[node_id, seen] = hashlib.sha256(text.encode()).hexdigest()
        return self._keys[node_id, seen]

    def _value(self, node: dict[str, Any], name: str, value: Any, seen: bool) -> Any:
        if is_link(value, self.graph):
            return ["link", self._key(value[0], seen), value[1]]
        if name == "image" and node["class_type"].startswith("LoadImage"):
            return self.content(value) if seen else [value, self.content(value)]
        return value

    def shape(self, node_id: str) -> Shape:
        """Frames and size of a node that gives pictures, latents or masks."""
        node = self.graph[node_id]
        kind, given = node["class_type"], node["inputs"]
        if kind.startswith("LoadImage"):
            return Shape(1, *self.size(given["image"]))
        if kind in {"EmptyLatentImage", "ADE_EmptyLatentImageLarge", "SolidMask"}:
            return Shape(int(given.get("batch_size", 1)), int(given["width"]), int(given["height"]))
        if kind == "ImageBatch":
            first, second = self.shape(given["image1"][0]), self.shape(given["image2"][0])
            return Shape(first.frames + second.frames, first.width, first.height)
        source = next((given[name] for name in _THROUGH if is_link(given.get(name), self.graph)), None)
        return self._changed(given, kind, self.shape(source[0]) if source else Shape(1, 64, 64))

    @staticmethod
    def _changed(given: dict[str, Any], kind: str, shape: Shape) -> Shape:
        if kind.startswith("Repeat"):
            return Shape(shape.frames * int(given["amount"]), shape.width, shape.height)
        if kind == "ImageFromBatch":
            return Shape(min(int(given["length"]), shape.frames), shape.width, shape.height)
        if kind == "ImageScale":
            width, height = int(given["width"]), int(given["height"])
            return Shape(shape.frames, width or shape.width, height or shape.height)
        if kind.startswith("VAEEncode"):
            return Shape(shape.frames, shape.width // 8 * 8, shape.height // 8 * 8)
        return shape


def is_link(value: Any, graph: Graph) -> bool:
    return isinstance(value, list) and len(value) == 2 and value[0] in graph


def ancestors(graph: Graph, node_id: str, seen: dict[str, None] | None = None) -> list[str]:
    """The node and all that it hangs on, in an order in which they can run."""
    seen = {} if seen is None else seen
    if node_id not in seen:
        for value in graph[node_id]["inputs"].values():
            if is_link(value, graph):
                ancestors(graph, value[0], seen)
        seen[node_id] = None
    return list(seen)
