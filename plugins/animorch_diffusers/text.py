"""Text: a spec's prompts as CLIP embeddings, one for every frame where they travel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from animorch import RenderSpec
from animorch_diffusers.encoding import Encoded, encoded, filled
from animorch_diffusers.sharing import Sharing
from animorch_diffusers.travel import Stops, blended, on_the_way, said, stops


@dataclass(frozen=True)
class Prompted:
    """A prompt over the clip: one embedding, or one a frame; `of` says which embedding a frame has."""

    states: Any  # (N, tokens, width)
    pooled: Any | None  # (N, width) of SDXL's second encoder
    of: tuple[int, ...]  # index into N, one a frame

    def at(self, frames: Sequence[int]) -> Any:
        """Embeddings (len(frames), tokens, width)."""
        if len(self.states) == 1:
            return self.states.repeat_interleave(len(frames), dim=0)
        return self.states[[self.of[frame] for frame in frames]]

    def pooled_at(self, frames: Sequence[int]) -> Any:
        """(1, width): SDXL takes one a call, so a window has its middle frame's."""
        assert self.pooled is not None
        place = self.of[frames[len(frames) // 2]]
        return self.pooled[place : place + 1]


@dataclass(frozen=True)
class Text:
    """Everything a clip is told in words."""

    prompt: Prompted
    negative: Prompted | None  # None without guidance
    regions: tuple[Prompted, ...]
    chunks: int  # portions of 77 tokens that the longest prompt takes


def text_of(pipe: Any, spec: RenderSpec, sharing: Sharing) -> Text:
    """The spec's prompts through the text encoder; all come out as long as the longest."""
    paths = [stops(spec.prompt, spec.prompt_travel)]
    if spec.cfg > 1:
        paths.append(stops(spec.negative_prompt, spec.negative_travel))
    # head and tail are said with what is to be seen, not with what is not
    told = [{frame: said(text, spec.travel) for frame, text in paths[0].items()}, *paths[1:]]
    told += [{0: region.prompt} for region in spec.regions]

    def read(prompt: str) -> Encoded:
        key = (*sharing.text_key(spec), prompt)
        found: Encoded = sharing.text(key, lambda: encoded(pipe, prompt, spec.clip_skip))
        return found

    found = {prompt: read(prompt) for path in told for prompt in path.values()}
    longest = max(each.chunks for each in found.values())
    if any(each.chunks < longest for each in found.values()):
        empty = read("")
        found = {prompt: filled(each, longest, empty) for prompt, each in found.items()}
    prompted = [_over_frames(path, found, spec) for path in told]
    guided = 1 + (spec.cfg > 1)
    negative = prompted[1] if spec.cfg > 1 else None
    return Text(prompted[0], negative, tuple(prompted[guided:]), longest)


def _over_frames(path: Stops, found: dict[str, Encoded], spec: RenderSpec) -> Prompted:
    import torch

    ways = [on_the_way(path, frame, spec.frames, spec.travel) for frame in range(spec.frames)]
    each = list(dict.fromkeys(ways))  # frames that are told the same share one embedding
    ends = [(found[way.start], found[way.end], way.share) for way in each]
    slerp = spec.travel is not None and spec.travel.blend == "slerp"
    states = [blended(one.states, other.states, share, slerp) for one, other, share in ends]
    pooled = [blended(one.pooled, other.pooled, share, slerp) for one, other, share in ends
              if one.pooled is not None]  # fmt: skip
    return Prompted(
        torch.cat(states), torch.cat(pooled) if pooled else None, tuple(each.index(way) for way in ways)
    )
