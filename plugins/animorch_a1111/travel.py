"""Travel: prompts on the way, in the lines that sd-webui-animatediff reads.

    head
    0: first prompt
    8: second prompt
    tail

Frame N is told `head, text, tail`; frames between go along the arc between two embeddings (slerp).
"""

from __future__ import annotations

from collections.abc import Iterator

from animorch import RenderSpec
from animorch_a1111.words import Word, in_their_words, one_line, said, unlike_travel


def stops(spec: RenderSpec) -> dict[int, str]:
    """Frame: prompt, with a line where `hold` ends; one entry when the prompt never changes.

    `prompt` is where the clip begins unless prompt_travel has a key 0, and the first prompt holds before its
    key: a frame without any would be told nothing.
    """
    path = dict(spec.prompt_travel)
    if 0 not in path and spec.prompt:
        path[0] = spec.prompt
    path = dict(sorted(path.items()))
    if len(set(path.values())) < 2:
        return {0: next(iter(path.values()), spec.prompt)}
    if 0 not in path and not goes_back(spec):
        path = {0: next(iter(path.values()))} | path
    return _held(path, spec)


def _held(path: dict[int, str], spec: RenderSpec) -> dict[int, str]:
    """The same with a second line where each prompt stops being whole: at least a frame before the next."""
    keys, held = list(path), dict(path)
    hold = spec.travel.hold if spec.travel else 0.0
    ends = [*keys[1:], *([keys[0] + spec.frames] if goes_back(spec) else [])]
    for begin, end in zip(keys, ends, strict=False):
        leaves = min(begin + round((end - begin) * hold), end - 1)
        if begin < leaves < spec.frames:
            held[leaves] = path[begin]
    return dict(sorted(held.items()))


def travels(spec: RenderSpec) -> bool:
    return len(stops(spec)) > 1


def goes_back(spec: RenderSpec) -> bool:
    return bool(spec.travel and spec.travel.closed_loop and spec.prompt_travel)


def prompt_text(spec: RenderSpec, tags: str, words: tuple[Word, ...]) -> str:
    """The positive prompt: LoRA tags behind the plain one, or behind the head of a travel."""
    path = stops(spec)
    if len(path) == 1:
        plain = said(path[0], spec.travel)
        return unlike_travel(in_their_words(plain, words)) + tags
    head, tail = (spec.travel.head, spec.travel.tail) if spec.travel else ("", "")
    lines = [
        unlike_travel(_line(head, words)) + tags,
        *(f"{frame}: {_line(text, words)}" for frame, text in path.items()),
        unlike_travel(_line(tail, words)),
    ]
    return "\n".join(line for line in lines if line)


def told(spec: RenderSpec, words: tuple[Word, ...]) -> dict[int, str]:
    """Frame: the words that its prompt must hold, empty when nothing travels."""
    path = stops(spec)
    return {frame: _line(text, words) for frame, text in path.items()} if len(path) > 1 else {}


def _line(text: str, words: tuple[Word, ...]) -> str:
    return one_line(in_their_words(text, words))


def travel_problems(spec: RenderSpec) -> Iterator[str]:
    """What the extension's travel cannot do."""
    if spec.negative_travel:
        yield (
            "negative_travel is something sd-webui-animatediff does not have; take it out, or use "
            "backend=diffusers"
        )
    travel = spec.travel
    if travel and not (spec.prompt_travel or spec.negative_travel or travel.head or travel.tail):
        yield (
            "travel says how prompts blend, and there are none to blend; give prompt_travel, or take travel "
            "out"
        )
    if not travels(spec):
        return
    if travel is None or travel.blend != "slerp":
        yield (
            "travel.blend=linear is a straight line between two prompts, and sd-webui-animatediff knows only "
            "the arc; set travel.blend=slerp"
        )
    for frame, text in stops(spec).items():
        if not one_line(text):
            yield f"prompt_travel[{frame}] is empty, which ends the list for the extension; give it words"
    if goes_back(spec) and 0 not in stops(spec):
        yield "prompt_travel goes round (travel.closed_loop) without a prompt at frame 0; give it one"
