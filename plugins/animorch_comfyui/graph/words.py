"""Words: prompts as ComfyUI reads them, textual inversions by `embedding:FILE`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from animorch import Embedding, RenderSpec
from animorch_comfyui.graph.draft import Draft
from animorch_comfyui.naming import candidates

Spell = Callable[[str], str]
_ENDINGS = re.compile(r"\.(safetensors|pt|bin)$", re.IGNORECASE)


def spelling(draft: Draft, spec: RenderSpec) -> Spell:
    """What turns the words that stand for textual inversions into the server's.

    ComfyUI takes what follows `embedding:` up to white space for a file's name, so space is put around it,
    which its tokenizer drops.
    """
    named = {each.name: _file(draft, each, f"embeddings[{at}]") for at, each in enumerate(spec.embeddings)}
    patterns = [
        (_pattern(name), f" embedding:{named[name]} ") for name in sorted(named, key=len, reverse=True)
    ]

    def spelled(text: str) -> str:
        parts = [text]  # replaced parts stand at odd places and are not looked at again
        for pattern, word in patterns:
            parts = [
                piece
                for at, part in enumerate(parts)
                for piece in ([part] if at % 2 else _between(pattern.split(part), word))
            ]
        return "".join(parts)

    return spelled


def _between(parts: Sequence[str], word: str) -> Iterator[str]:
    for at, part in enumerate(parts):
        if at:
            yield word
        yield part


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:embedding:)?{re.escape(name)}(?!\w)", re.IGNORECASE)


def _file(draft: Draft, embedding: Embedding, label: str) -> str:
    """The server's name where its list is known; else the likeliest, without the ending."""
    offered = draft.offers.embeddings
    if offered is None:
        name = _ENDINGS.sub("", candidates(embedding, draft.models)[0])
    else:
        name = draft.name(embedding, label, offered)
    if re.search(r"\s", name):
        draft.problem(
            f"{label}={embedding.name}: the server's file is called {name!r}, and a prompt cannot name a "
            "file with a space in it; rename it on the server"
        )
    return name


def unused(spec: RenderSpec) -> Iterator[str]:
    """A sentence for each textual inversion whose word is in no prompt."""
    travel = spec.travel
    told = [spec.prompt, *spec.prompt_travel.values(), *(region.prompt for region in spec.regions)]
    told += [spec.negative_prompt, *spec.negative_travel.values()]
    told += [travel.head, travel.tail] if travel else []
    for at, embedding in enumerate(spec.embeddings):
        if not any(_pattern(embedding.name).search(text) for text in told):
            yield (
                f"embeddings[{at}]={embedding.name} is a word that no prompt has, so it would do nothing; "
                "write it into prompt or negative_prompt, or take it out"
            )
