"""Specs, servers and graphs for the tests of the graph builder."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from animorch_comfyui.built import Built, Graph
from animorch_comfyui.graph import GraphOptions, build
from animorch_comfyui.offers import Offers
from PIL import Image

from animorch import RenderSpec
from animorch.testing import small_spec
from tests.doubles.comfyui.choices import MODELS
from tests.doubles.comfyui.signatures import Signatures
from tests.doubles.comfyui.validation import Validation

CHECKPOINT = {"name": "random_sd15", "base": "sd15"}
MOTION = {"name": "mm_sd_v15_v2", "base": "sd15", "family": "v2", "table": 32}
V1 = {"name": "mm_sd_v15", "base": "sd15", "family": "v1", "table": 24}
XL = {
    "checkpoint": {"name": "random_sdxl", "base": "sdxl"},
    "motion": {
        "name": "random_mm_sdxl_v10",
        "base": "sdxl",
        "family": "sdxl",
        "table": 32,
        "beta_schedule": "linear",
        "beta_end": 0.02,
    },
}


def spec(**changes: Any) -> RenderSpec:
    """A quick spec whose weights the server has."""
    return small_spec(**{"checkpoint": CHECKPOINT, "motion": MOTION} | changes)


def server(*without: str, **models: list[str]) -> Signatures:
    """A server's node classes and models, without some classes; `pack*` takes out all that begin so."""
    starts = tuple(name[:-1] for name in without if name.endswith("*"))
    every = Signatures(MODELS | models)
    gone = {name for name in every.nodes if starts and name.startswith(starts)}
    return Signatures(MODELS | models, frozenset({*without, *gone}))


def offers(*without: str, **models: list[str]) -> Offers:
    return Offers(server(*without, **models).info())


def graph(asked: RenderSpec, *without: str, **options: Any) -> Graph:
    """The graph for a server without these classes, which such a server takes."""
    built = build(asked, offers(*without), {}, GraphOptions(**options))
    assert_taken(built, server(*without))
    return built.graph


def assert_taken(built: Built, by: Signatures) -> None:
    """The server takes every output of the graph, knows each input, and each node leads to an output."""
    copied = {node: said | {"inputs": dict(said["inputs"])} for node, said in built.graph.items()}
    verdict = Validation(copied, by, lambda name: True).verdict()
    assert verdict.error is None, verdict.error
    assert not verdict.node_errors, verdict.node_errors
    assert sorted(verdict.outputs) == sorted((built.frames, *built.also))
    for node, said in built.graph.items():
        unknown = said["inputs"].keys() - by.nodes[said["class_type"]].inputs.keys()
        assert not unknown or node == "video", f"{node} is given {unknown}"
    reached = {above for output in verdict.outputs for above in walk(built.graph, output)}
    assert reached == built.graph.keys(), f"{built.graph.keys() - reached} lead nowhere"
    names = {said["inputs"]["image"] for said in built.graph.values() if said["class_type"] == "LoadImage"}
    assert names == {f"animorch/{picture.name}" for picture in built.pictures}


def walk(graph: Graph, node: str) -> Iterator[str]:
    """A node and everything above it."""
    yield node
    for value in graph[node]["inputs"].values():
        if isinstance(value, list):
            yield from walk(graph, value[0])


def kinds(graph: Graph) -> set[str]:
    return {said["class_type"] for said in graph.values()}


def inputs(graph: Graph, kind: str) -> dict[str, Any]:
    """The inputs of the only node of this class."""
    (found,) = [said["inputs"] for said in graph.values() if said["class_type"] == kind]
    return found


def picture(path: Path, *, width: int = 40, height: int = 24, white: float = 0.5) -> str:
    """An image whose left part is white."""
    shown = np.zeros((height, width, 3), np.uint8)
    shown[:, : int(width * white)] = 255
    Image.fromarray(shown).save(path)
    return str(path)


def film(folder: Path, frames: int, *, width: int = 64, height: int = 48) -> str:
    """A folder of frames, each brighter than the one before."""
    folder.mkdir()
    for at in range(frames):
        Image.fromarray(np.full((height, width, 3), at * 20 % 256, np.uint8)).save(folder / f"{at:03}.png")
    return str(folder)


def shown(data: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))
