"""A graph as a person might have it, and a spec's values in it."""

from __future__ import annotations

from typing import Any

from animorch_comfyui.built import Built
from animorch_comfyui.workflow import Workflow, bound, said
from comfyui_graphs import graph, offers, spec

from animorch import RenderSpec

THERE = offers()
FULL: dict[str, Any] = {
    "prompt_travel": {0: "a fox", 4: "a whale"},
    "frames": 8,
    "loras": [{"name": "random_style", "weight": 0.8}],
    "motion_loras": [{"name": "v2_lora_ZoomIn", "weight": 0.5}],
    "motion_scale": 1.5,
    "clip_skip": 2,
    "window": {"length": 4, "overlap": 1, "schedule": "uniform", "fuse": "pyramid"},
    "vae": {"name": "vae-ft-mse-840000-ema-pruned"},
}


def workflow(**changes: Any) -> Workflow:
    """A graph as a person might have it, saved in API format."""
    return Workflow.parsed(graph(spec(**changes)), "mine.json")


def written(mine: Workflow, changes: dict[str, Any] | None = None, **options: Any) -> Built:
    """The graph with its own values, but for the changes."""
    usual: dict[str, Any] = {"sets": {}, "binds": {}, "output": None, "models": {}}
    usual |= options
    own = said(mine, usual["binds"], THERE, usual["output"])
    return bound(mine, RenderSpec(**own | (changes or {})), THERE, **usual)


def changed(mine: Workflow, built: Built) -> dict[str, Any]:
    """`node.input` of everything that is not as it was, our own node left out."""
    before = mine.graph(THERE)
    return {
        f"{node}.{name}": value
        for node, each in built.graph.items()
        if node != built.frames
        for name, value in each["inputs"].items()
        if before[node]["inputs"].get(name) != value
    }
