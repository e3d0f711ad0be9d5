"""Words: a spec's prompts as A1111 reads them, and what it would make of them that nobody asked for.

A1111's own language is kept: (word:1.2), [word], BREAK; in the negative prompt also [from:to:when] and
[one|other], of which AnimateDiff keeps the first step's words alone in the positive one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from animorch import RenderSpec, Travel
from animorch_a1111.matching import Named, matched, stem
from animorch_a1111.offers import Offers

_TAG = re.compile(r"<\w+:[^>]+>")  # an extra network: taken out of the prompt, loaded if the name is known
_AND = re.compile(r"\bAND\b")  # composes prompts, which pairs AnimateDiff's frames wrongly
# [from:to:when] and [one|other], which change on the way through the steps
_EDIT = re.compile(r"(?<!\\)\[(?:[^\]]*\|[^\]]*\]?|.*?:\s*[\d.]+\s*\])", re.DOTALL)
_LINE = re.compile(r"^(\d+):", re.MULTILINE)  # what prompt travel begins with


class Word(NamedTuple):
    """An embedding: the word in the spec's prompts, and the server's."""

    ours: str
    theirs: str


def said(text: str, travel: Travel | None) -> str:
    """A prompt with head and tail, parted by commas."""
    parts = [travel.head, text, travel.tail] if travel else [text]
    return ", ".join(part for part in parts if part) if len(parts) > 1 else text


def one_line(text: str) -> str:
    return re.sub(r"\s*[\r\n]+\s*", " ", text).strip()


def unlike_travel(text: str) -> str:
    """A prompt of which no line begins `3:`, as travel does.

    `3 :` has the same tokens: CLIP's tokenizer parts digits from signs, and spaces only part words.
    """
    return _LINE.sub(r"\1 :", text.strip())


def in_their_words(text: str, words: tuple[Word, ...]) -> str:
    """The server's words for the embeddings; `embedding:word`, ComfyUI's way, is understood."""
    for ours, theirs in words:
        text = theirs.join(_whole(ours).split(text))
    return text


def words_of(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> tuple[Word, ...]:
    """The embeddings that the server has; problems are told by `embedding_problems`."""
    found = ((one.name, matched(one, "", "", _embeddings(offers), models).name) for one in spec.embeddings)
    return tuple(Word(ours, theirs) for ours, theirs in found if theirs is not None)


def embedding_problems(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> Iterator[str]:
    """Embeddings that are missing, unused, or would be used though the spec does not list them."""
    texts = [text for _, text in prompts(spec)]
    known = _embeddings(offers)
    for place, one in enumerate(spec.embeddings):
        match = matched(one, f"embeddings[{place}]", "embedding", known, models)
        if match.name is None:
            yield match.problem
        if not any(_whole(one.name).search(text) for text in texts):
            yield (
                f"embeddings[{place}]={one.name} is in no prompt, so it would change nothing; write the word "
                "in a prompt, or take it out"
            )
    listed = {word.theirs.casefold() for word in words_of(spec, offers, models)}
    spoken = " ".join(texts).casefold()
    for name in offers.embeddings:
        if name.casefold() in spoken and name.casefold() not in listed and _whole(name).search(spoken):
            yield (
                f"a prompt says {name}, which is an embedding on the server and would be used; list it, as "
                f"in embeddings=[{{name: {name}}}], or say it otherwise"
            )


def word_problems(spec: RenderSpec, options: Mapping[str, object]) -> Iterator[str]:
    """What A1111 takes out of a prompt, or reads as more than words. options: the server's, if known."""
    for label, text in prompts(spec):
        tag = _TAG.search(text) if label != "negative_prompt" else None
        if tag:
            yield (
                f"{label} has {tag[0]}, which A1111 takes out of the prompt and, when it knows no such file, "
                "ignores; name LoRAs in loras=[...], where they are checked and part of the clip's key"
            )
        if label != "negative_prompt" and _AND.search(text):
            yield (
                f"{label} has AND, with which A1111 composes several prompts, and AnimateDiff pairs its "
                "frames wrongly then; write it small"
            )
        edit = _EDIT.search(text) if label != "negative_prompt" else None
        if edit:
            yield (
                f"{label} has {edit[0]}, a prompt that changes from step to step, and AnimateDiff keeps what "
                "it says at the first step; write what it begins with, or use prompt_travel"
            )
        # the option is missing in the list, and on, where ControlNet is installed
        if "#" in text and options and options.get("enable_prompt_comments", True):
            yield (
                f"{label} has #, and the server takes the rest of its line for a comment; take it out, or "
                "switch off 'Enable comments' in the server's settings"
            )


def prompts(spec: RenderSpec) -> list[tuple[str, str]]:
    """Every prompt that is said, with its key; `prompt` is not when a travel begins at frame 0."""
    travel = spec.travel
    heads = [("travel.head", travel.head), ("travel.tail", travel.tail)] if travel else []
    stops = [(f"prompt_travel[{frame}]", text) for frame, text in spec.prompt_travel.items()]
    begins = [] if 0 in spec.prompt_travel else [("prompt", spec.prompt)]
    return [*begins, ("negative_prompt", spec.negative_prompt), *heads, *stops]


def _embeddings(offers: Offers) -> list[Named]:
    names = (*offers.embeddings, *offers.embeddings_of_other_bases)
    return [Named(name, (name, stem(name))) for name in names]


def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:embedding:)?{re.escape(word)}(?!\w)", re.IGNORECASE)
