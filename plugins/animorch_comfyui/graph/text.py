"""Text: a spec's prompts as conditioning, by plain encoding or by what a travel needs."""

from __future__ import annotations

from dataclasses import dataclass

from animorch import RenderSpec
from animorch_comfyui.graph import fizz, scheduled
from animorch_comfyui.graph.draft import Draft, Link
from animorch_comfyui.graph.journey import Keys, keys, resting, said, stops
from animorch_comfyui.graph.words import Spell


@dataclass(frozen=True)
class Told:
    """What the sampler is told to show, and what not to."""

    positive: Link
    negative: Link


def told(draft: Draft, spec: RenderSpec, clip: Link, spell: Spell) -> Told:
    """Conditioning of both polarities; a frame's own where they travel.

    Head and tail are said with what is to be seen only. Without guidance nobody reads the negative prompt,
    so its travel is not encoded.
    """
    shown = stops(spec.prompt, spec.prompt_travel)
    shown = {frame: spell(said(text, spec.travel)) for frame, text in shown.items()}
    hidden = stops(spec.negative_prompt, spec.negative_travel if spec.cfg > 1 else {})
    hidden = {frame: spell(text) for frame, text in hidden.items()}
    journeys = [keys(path, spec.frames, spec.travel) for path in (shown, hidden)]
    if _together(draft, spec, *journeys):
        both = fizz.fizz(draft, "travel", clip, spec.frames, *journeys)
        return Told(both, [both[0], 1])
    return Told(
        _one(draft, spec, clip, journeys[0], "prompt"), _one(draft, spec, clip, journeys[1], "negative")
    )


def plain(draft: Draft, node: str, clip: Link, text: str) -> Link:
    return draft.add(node, "CLIPTextEncode", text=text, clip=clip)


def _together(draft: Draft, spec: RenderSpec, shown: Keys, hidden: Keys) -> bool:
    """Whether one node of FizzNodes can carry both travels, which halves what it encodes."""
    if resting(shown) or resting(hidden) or shown.keys() != hidden.keys():
        return False
    return _by_fizz(draft, spec) and not fizz.carries(shown) and not fizz.carries(hidden)


def _one(draft: Draft, spec: RenderSpec, clip: Link, path: Keys, polarity: str) -> Link:
    if resting(path):
        return plain(draft, polarity, clip, next(iter(path.values())))
    if _by_fizz(draft, spec) and not fizz.carries(path):
        return fizz.fizz(draft, f"{polarity}_travel", clip, spec.frames, path)
    if problem := _neither(draft, spec, path, polarity):
        draft.problem(problem)
    arc = spec.travel is not None and spec.travel.blend == "slerp"
    return scheduled.scheduled(draft, f"{polarity}_travel", clip, spec.frames, path, arc)


def _by_fizz(draft: Draft, spec: RenderSpec) -> bool:
    return draft.offers.has(fizz.NODE) and not (spec.travel and spec.travel.blend == "slerp")


def _neither(draft: Draft, spec: RenderSpec, path: Keys, polarity: str) -> str:
    """Why AnimateDiff-Evolved's schedule, the last resort, cannot say this travel; empty when it can."""
    if not (hinders := scheduled.carries(path)):
        return ""
    field = "prompt_travel" if polarity == "prompt" else "negative_travel"
    sentence = f"{field}: ADE_PromptScheduling cannot carry {hinders}"
    if _by_fizz(draft, spec):
        return f"{sentence}, nor FizzNodes {fizz.carries(path)}; take one of them out of the prompts"
    if spec.travel and spec.travel.blend == "slerp":
        return f"{sentence}, and only it goes along an arc; set travel.blend=linear, or take that out"
    return f"{sentence}; install the pack FizzNodes (github.com/FizzleDorf/ComfyUI_FizzNodes) on the server"
