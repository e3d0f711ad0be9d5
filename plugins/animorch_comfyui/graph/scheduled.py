"""Scheduled: travel by AnimateDiff-Evolved's own ADE_PromptScheduling, one node a polarity.

The node blends each frame from the blend of the frame before, not from the prompts at both ends, so between
keys more than two frames apart its way is no straight line (nor an even arc): at a quarter, half and three
quarters it has come 25, 62 and 91 percent far. It starts afresh from the prompts where their text changes
from frame to frame. So a number that counts the frames is put before each prompt as the weight of nothing,
which is no token.
"""

from __future__ import annotations

from animorch_comfyui.graph.draft import Draft, Link
from animorch_comfyui.graph.journey import Keys, steps_only

NODE = "ADE_PromptScheduling"
_KEY = "frame"


def carries(path: Keys) -> str:
    """What it cannot say; empty when it can."""
    if any('"' in text for text in path.values()):
        return 'double quotes (")'
    return "a loop whose first key is after frame 0" if next(iter(path)) < 0 else ""


def scheduled(draft: Draft, node: str, clip: Link, frames: int, told: Keys, arc: bool) -> Link:
    """The node, and those that count frames where they are needed; `arc` for slerp."""
    counted = {}
    if not steps_only(told):
        key = _free(told)
        last = max(told)
        told = {**told, max(last, frames - 1): told[last]}  # after its last key it would go back one prompt
        told = {frame: f"( :`{key}`){text}" for frame, text in told.items()}
        counted = {"values_replace": _count(draft, key, frames)}
    return draft.add(
        node,
        NODE,
        fields={"tensor_interp": "travel.blend"},
        prompts=",\n".join(f'"{frame}": "{text}"' for frame, text in told.items()),
        clip=clip,
        max_length=frames,
        tensor_interp="slerp" if arc else "lerp",
        **counted,
    )


def _free(path: Keys) -> str:
    """A key that no prompt has between backticks."""
    key = _KEY
    while any(f"`{key}`" in text for text in path.values()):
        key += "_"
    return key


def _count(draft: Draft, key: str, frames: int) -> Link:
    """0.0 at the first frame, frames - 1 at the last; shared by both polarities."""
    node = f"count_{key}"
    if node not in draft.graph:
        numbers = draft.add(
            f"numbers_{key}",
            "ADE_ValueScheduling",
            values=f'"0": 0, "{frames - 1}": {frames - 1}',
            max_length=frames,
        )
        draft.add(node, "ADE_ValuesReplace", value_key=key, floats=[numbers[0], 1])
    return [node, 0]
