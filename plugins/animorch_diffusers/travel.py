"""Travel: which prompts a frame is told, and how much of each."""

from __future__ import annotations

from dataclasses import dataclass
from math import acos, sin
from typing import Any

from animorch import Travel

Stops = dict[int, str]  # frame: prompt, in frame order

_PARALLEL = 0.9995  # cosine from which the arc between two embeddings is a straight line


@dataclass(frozen=True)
class Way:
    """Between two prompts; `share` (0..1, below 1) is the second one's."""

    start: str
    end: str
    share: float


def stops(prompt: str, travel: dict[int, str]) -> Stops:
    """The prompts on the way; `prompt` is where the clip begins unless travel has a key 0."""
    if not travel or (0 not in travel and prompt):
        travel = {0: prompt} | travel
    return dict(sorted(travel.items()))


def said(text: str, travel: Travel | None) -> str:
    """A prompt with head and tail, separated by commas."""
    parts = [travel.head, text, travel.tail] if travel else [text]
    return ", ".join(part for part in parts if part) if len(parts) > 1 else text


def on_the_way(path: Stops, frame: int, frames: int, travel: Travel | None) -> Way:
    """What a frame is told.

    After its key a prompt stays whole for `hold` of the frames up to the next key, then the way to that is
    even (s9roll7/animatediff-cli-prompt-travel as its author describes it, issue #44). Before the first key
    its prompt holds; after the last one too, unless the loop is closed: then frame `frames` is frame 0.
    """
    keys = list(path)
    closed = travel is not None and travel.closed_loop and len(keys) > 1
    if frame < keys[0]:
        if not closed:
            return Way(path[keys[0]], path[keys[0]], 0.0)
        frame += frames
    before = max(key for key in keys if key <= frame)
    after = next((key for key in keys if key > frame), keys[0] + frames if closed else None)
    if after is None:
        return Way(path[before], path[before], 0.0)
    leaves = min(before + round((after - before) * (travel.hold if travel else 0)), after - 1)
    share = max(0.0, (frame - leaves) / (after - leaves))
    start, end = path[before], path[after % frames if after >= frames else after]
    return Way(start, end, share) if share and start != end else Way(start, start, 0.0)


def blended(one: Any, other: Any, share: float, slerp: bool) -> Any:
    """Two embeddings mixed: along the straight line, or along the arc between them.

    slerp takes the whole embedding as one vector, without making lengths alike (Shoemake 1985, as
    animatediff-cli-prompt-travel uses it); nearly parallel ones are mixed along the line.
    """
    if share == 0:
        return one
    if slerp:
        flat, further = one.flatten().float(), other.flatten().float()
        cosine = (flat @ further / (flat.norm() * further.norm())).item()
        if abs(cosine) <= _PARALLEL:
            angle = acos(cosine)
            return one * (sin((1 - share) * angle) / sin(angle)) + other * (sin(share * angle) / sin(angle))
    return one * (1 - share) + other * share
