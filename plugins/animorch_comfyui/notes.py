"""Notes: what a person should know of a spec on ComfyUI; nothing of it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

from animorch import RenderSpec
from animorch_comfyui.graph.window import sliding

_PARENTHESIS = re.compile(r"(?<!\\)\(")
_WEIGHED = re.compile(r"(?<!\\)\([^()]*:\s*[+-]?\d*\.?\d+\s*\)")


def notes(spec: RenderSpec) -> Iterator[str]:
    """A sentence for each word that ComfyUI takes in its own way."""
    told = [spec.prompt, spec.negative_prompt, *spec.prompt_travel.values(), *spec.negative_travel.values()]
    if any(_PARENTHESIS.search(_WEIGHED.sub("", text)) for text in told):
        yield (
            "ComfyUI reads (words) in a prompt as words of weight 1.1; write \\( and \\) for plain "
            "parentheses"
        )
    if spec.schedule == "beta":
        yield (
            "schedule=beta is ComfyUI's, by quantiles of timesteps: what backend=diffusers calls "
            "beta_timesteps"
        )
    if spec.checkpoint.base == "sdxl" and (spec.prompt_travel or spec.negative_travel):
        yield (
            "between two prompts of a travel the server gives SDXL the pooled text of the one that is "
            "reached, not a blend of both"
        )
    if spec.sparse_control is not None and sliding(spec) is not None:
        yield "a window that holds no keyframe of sparse_control is shown the nearest one, at its edge"
