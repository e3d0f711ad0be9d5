"""Embeddings: textual inversions, words of a prompt that stand for vectors of their own.

A file brings n vectors for the text encoder. The tokenizer gets n tokens that nobody types, the encoder's
table a row for each, and the word in a prompt (whole words, any case, or `embedding:word` as in ComfyUI)
becomes that row of tokens. Table and tokenizer are copies: the checkpoint's own are never written to.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from animorch import Embedding, WeightsError
from animorch_diffusers.families import SPOKEN
from animorch_diffusers.sources import download, header_of, locate, sign_in, signs_of
from animorch_diffusers.tensors import read

Vectors = Any  # (n, width)
_BY_WIDTH = {768: "sd15", 1024: "sd2"}
_ENCODERS = ("clip_l", "clip_g")  # SDXL's, by the names that its files use


class Wording:
    """A tokenizer that knows words of several tokens; all else is the tokenizer's own."""

    def __init__(self, tokenizer: Any, words: Mapping[str, str]) -> None:
        self._tokenizer, self._words = tokenizer, words

    def __call__(self, text: Any, *given: Any, **named: Any) -> Any:
        return self._tokenizer(self._spelled(text), *given, **named)

    def encode(self, text: Any, *given: Any, **named: Any) -> Any:
        return self._tokenizer.encode(self._spelled(text), *given, **named)

    def tokenize(self, text: Any, *given: Any, **named: Any) -> Any:
        return self._tokenizer.tokenize(self._spelled(text), *given, **named)

    def __len__(self) -> int:
        return len(self._tokenizer)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # a copy in the making has no tokenizer yet
            raise AttributeError(name)
        return getattr(self._tokenizer, name)

    def _spelled(self, text: Any) -> Any:
        if not isinstance(text, str):
            return [self._spelled(one) for one in text]
        for word, tokens in self._words.items():
            whole = rf"(?<!\w)(?:embedding:)?{re.escape(word)}(?!\w)"
            text = tokens.join(re.split(whole, text, flags=re.IGNORECASE))
        return text


def put_on(pipe: Any, embeddings: Sequence[Embedding], offline: bool) -> None:
    """Teach a fresh pipeline these words; its text encoders must be shells of its own (warm.shell).

    Raises WeightsError when a file is none, or is for another family.
    """
    if not embeddings:
        return
    read_in = {embedding.name: _vectors(embedding, pipe, offline) for embedding in embeddings}
    pairs = [("tokenizer", "text_encoder"), ("tokenizer_2", "text_encoder_2")]
    for place, (tokenizer, encoder) in enumerate(pairs):
        if getattr(pipe, encoder, None) is not None:
            vectors = {name: both[place] for name, both in read_in.items()}
            taught = _taught(getattr(pipe, tokenizer), getattr(pipe, encoder), vectors)
            pipe.register_modules(**{tokenizer: taught})


def _taught(tokenizer: Any, encoder: Any, vectors: Mapping[str, Vectors]) -> Wording:
    """The tokenizer with the words; the encoder's table gets their vectors."""
    import torch

    tokenizer = copy.deepcopy(tokenizer)
    spelled = {name: [_token(name, row) for row in range(len(rows))] for name, rows in vectors.items()}
    tokenizer.add_tokens([token for tokens in spelled.values() for token in tokens])
    model = getattr(encoder, "text_model", encoder)
    old = model.embeddings.token_embedding.weight
    table = old.new_zeros(max(len(tokenizer), len(old)), old.shape[1])
    table[: len(old)] = old
    for name, rows in vectors.items():
        table[tokenizer.convert_tokens_to_ids(spelled[name])] = rows.to(table)
    model.embeddings.token_embedding = torch.nn.Embedding.from_pretrained(table, freeze=True)
    # a config of 2 means "the highest number is the end", which is no longer so with words beyond it
    model.eos_token_id = tokenizer.eos_token_id
    longest_first = sorted(spelled, key=len, reverse=True)
    return Wording(tokenizer, {name: "".join(spelled[name]) for name in longest_first})


def _token(name: str, row: int) -> str:
    """A token that no prompt contains by chance; in lower case, as CLIP reads."""
    return f"<|{name.lower()}:{row}|>"


def _vectors(embedding: Embedding, pipe: Any, offline: bool) -> tuple[Vectors, Vectors]:
    """Of each of the family's text encoders (n, width); the second is None for SD1.5."""
    path = _file(embedding, offline)
    found = _named(read(path), embedding, path)
    second = getattr(pipe, "text_encoder_2", None)
    if second is None:
        (vectors,) = found.values() if len(found) == 1 else (found.get("clip_l"),)
        return _fitting(embedding, vectors, pipe.text_encoder), None
    both = [found.get(name) for name in _ENCODERS]
    return _fitting(embedding, both[0], pipe.text_encoder), _fitting(embedding, both[1], second)


def _file(embedding: Embedding, offline: bool) -> Path:
    where = locate(embedding, offline)
    if isinstance(where, Path):
        return (sign_in(embedding, where) or where) if where.is_dir() else where
    try:
        return download(embedding, signs_of(embedding)[0], offline)
    except WeightsError:
        return download(embedding, signs_of(embedding)[1], offline)


def _named(held: Any, embedding: Embedding, path: Path) -> dict[str, Vectors]:
    """Vectors by clip_l and clip_g, or by whatever name the file has for its only ones."""
    import torch

    if isinstance(held, dict) and isinstance(held.get("string_to_param"), Mapping):
        held = dict(held["string_to_param"])  # A1111's .pt
    if isinstance(held, torch.Tensor):
        held = {"vectors": held}
    found = {
        str(name): tensor.detach().reshape(-1, tensor.shape[-1])
        for name, tensor in (held.items() if isinstance(held, Mapping) else ())
        if isinstance(tensor, torch.Tensor) and tensor.ndim in (1, 2) and tensor.is_floating_point()
    }
    if len(found) != 1 and not set(found) & set(_ENCODERS):
        raise WeightsError(
            f"embedding {embedding.name}: {path} holds {len(found)} vectors by names that are not an "
            "embedding's; check the file"
        )
    return found


def _fitting(embedding: Embedding, vectors: Vectors | None, encoder: Any) -> Vectors:
    model = getattr(encoder, "text_model", encoder)
    width = model.embeddings.token_embedding.weight.shape[1]
    if vectors is None or vectors.shape[1] != width:
        what = "no vectors for one of" if vectors is None else f"vectors of width {vectors.shape[1]} for"
        raise WeightsError(
            f"embedding {embedding.name} has {what} the checkpoint's text encoders (this one reads {width}); "
            "choose an embedding of the checkpoint's family"
        )
    return vectors


def embedding_problems(embedding: Embedding, label: str, base: str) -> Iterator[str]:
    """A sentence for a local file whose vectors are of another family than `base`."""
    shapes = header_of(embedding)
    if not shapes or base == "embedded":
        return  # A1111's .pt keeps its vectors deeper: its width is told when it is loaded
    found = "sdxl" if set(shapes) & set(_ENCODERS) else _BY_WIDTH.get(next(iter(shapes.values()))[-1])
    if found is not None and found != base:
        yield (
            f"{label}={embedding.name} was made for {SPOKEN[found]} and the checkpoint is of {SPOKEN[base]}; "
            f"choose an embedding for {SPOKEN[base]}"
        )
