"""Fizz: travel by FizzNodes' BatchPromptSchedule, which goes in straight lines through both polarities."""

from __future__ import annotations

import json
import re

from animorch_comfyui.graph.draft import Draft, Link
from animorch_comfyui.graph.journey import Keys

NODE = "BatchPromptSchedule"
_NEGATIVE = "--neg"
_COUNTED = re.compile(r"`.*?`", re.DOTALL)


def carries(path: Keys) -> str:
    """What it would read as something else in these prompts; empty when it says them as they are."""
    for text in path.values():
        if _NEGATIVE in text:
            return _NEGATIVE
        if _COUNTED.search(text):
            return "backticks"
    return ""


def fizz(draft: Draft, node: str, clip: Link, frames: int, told: Keys, against: Keys | None = None) -> Link:
    """The node; its output 0 is `told`, output 1 is `against` (negative prompts at the same frames).

    All frames are said to be asked for: without start and end it fails, or leaves its formulas alone. No
    text goes into its pre_text and app_text, where a last 0 would be cut off.
    """
    return draft.add(
        node,
        NODE,
        text=inside(told, against),
        clip=clip,
        max_frames=frames,
        print_output=False,
        start_frame=0,
        end_frame=frames,
    )


def inside(told: Keys, against: Keys | None = None) -> str:
    """The inside of a JSON object, a prompt a line; `against` (negative prompts) has the same frames.

    Closing braces are escaped, because the node drops a comma before one wherever it stands.
    """
    prompts = {
        str(frame): f"{text} {_NEGATIVE} {against[frame]}" if against and against[frame] else text
        for frame, text in sorted(told.items())
    }
    lines = [f"{json.dumps(key)}: {json.dumps(text, ensure_ascii=False)}" for key, text in prompts.items()]
    return ",\n".join(lines).replace("}", "\\u007d")
