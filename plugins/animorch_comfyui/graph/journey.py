"""Journey: a spec's travel as keys between which prompts go evenly, which is what the server's nodes know."""

from __future__ import annotations

from itertools import pairwise

from animorch import Travel

Keys = dict[int, str]  # frame: prompt, in frame order; a frame may lie before 0 or after the clip's last


def stops(prompt: str, travel: dict[int, str]) -> Keys:
    """The prompts on the way; `prompt` is where the clip begins unless travel has a key 0."""
    if not travel or (0 not in travel and prompt):
        travel = {0: prompt} | travel
    return dict(sorted(travel.items()))


def said(text: str, travel: Travel | None) -> str:
    """A prompt with head and tail, separated by commas."""
    parts = [travel.head, text, travel.tail] if travel else [text]
    return ", ".join(part for part in parts if part) if len(parts) > 1 else text


def keys(path: Keys, frames: int, travel: Travel | None) -> Keys:
    """Keys such that prompts go evenly from one to the next, and hold before the first and after the last.

    `hold` becomes a second key of the same prompt. A closed loop goes on from the last key to the first, as
    frame `frames` is frame 0; where the first is not at 0 the way in begins at a key before frame 0.
    """
    hold = travel.hold if travel else 0.0
    closed = travel is not None and travel.closed_loop and len(path) > 1
    found: Keys = {}
    for before, after in pairwise(path):
        found |= {before: path[before], _leaves(before, after, hold): path[before]}
    first, last = next(iter(path)), next(reversed(path))
    found[last] = path[last]
    if closed:
        leaves = _leaves(last, first + frames, hold)
        found |= {leaves: path[last], first + frames: path[first]}
        if first > 0:
            found |= {last - frames: path[last], leaves - frames: path[last]}
    found[first] = path[first]
    return dict(sorted(found.items()))


def _leaves(before: int, after: int, hold: float) -> int:
    """The frame from which a prompt gives way to the next."""
    return min(before + round((after - before) * hold), after - 1)


def resting(path: Keys) -> bool:
    """Whether the prompt stays the same all the way."""
    return len(set(path.values())) == 1


def steps_only(path: Keys) -> bool:
    """Whether different prompts are never more than two frames apart, with one frame halfway between them."""
    return all(after - before <= 2 for before, after in pairwise(path) if path[before] != path[after])
