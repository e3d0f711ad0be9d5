"""Chunks: a prompt's tokens in CLIP's portions of 77, so that no prompt is too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from animorch_diffusers.emphasis import weighed

_BACK = 20  # tokens that a full chunk gives back to end at a comma (A1111's default)

Token = tuple[int, float]  # number in the vocabulary, weight


@dataclass(frozen=True)
class Chunk:
    """What one call of the text encoder reads: `ids` as long as its table, with the weight of each."""

    ids: tuple[int, ...]
    weights: tuple[float, ...]


def chunks_of(text: str, tokenizer: Any, converted: Any) -> list[Chunk]:
    """The prompt in chunks, at least one; `converted` writes out textual inversions of several vectors.

    As A1111 cuts them (modules/sd_hijack_clip.py): each chunk is framed and filled up by itself, and ends at
    a comma when there is one among its last 20 tokens.
    """
    tokens: list[Token] = []
    for fragment, weight in weighed(text):
        ids = tokenizer(converted(fragment, tokenizer), add_special_tokens=False, truncation=False).input_ids
        tokens += [(number, weight) for number in ids]
    room = tokenizer.model_max_length - 2  # a chunk begins and ends with a token of its own
    comma = tokenizer.convert_tokens_to_ids(",</w>")
    return [_framed(part, tokenizer) for part in _cut(tokens, room, comma)]


def _cut(tokens: list[Token], room: int, comma: int) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if len(parts[-1]) == room:
            full = parts[-1]
            commas = [place for place in range(max(0, room - _BACK), room) if full[place][0] == comma]
            end = commas[-1] + 1 if commas else room
            parts[-1:] = [full[:end], full[end:]]
        parts[-1].append(token)
    return parts


def _framed(tokens: list[Token], tokenizer: Any) -> Chunk:
    fill = tokenizer.model_max_length - 2 - len(tokens)
    ids = [tokenizer.bos_token_id, *(number for number, _ in tokens), tokenizer.eos_token_id]
    weights = [1.0, *(weight for _, weight in tokens), 1.0]
    return Chunk((*ids, *[tokenizer.pad_token_id] * fill), (*weights, *[1.0] * fill))
