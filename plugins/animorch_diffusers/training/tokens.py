"""Tokens: a CLIP tokenizer whose byte-pair merges spell a small lexicon's words, and letters for all else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_END = "</w>"
_START_OF_TEXT, _END_OF_TEXT = "<|startoftext|>", "<|endoftext|>"


def tokenizer(words: Iterable[str], folder: Path, length: int) -> Any:
    """Write vocab.json and merges.txt to the folder and load them. length: tokens of a prompt, padded."""
    from transformers import CLIPTokenizer

    merges = _merges(words)
    letters = _letters()
    names = [*letters, *(letter + _END for letter in letters), *("".join(pair) for pair in merges)]
    names = list(dict.fromkeys([*names, _START_OF_TEXT, _END_OF_TEXT]))
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "vocab.json", json.dumps({name: number for number, name in enumerate(names)}))
    _write(folder / "merges.txt", "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    return CLIPTokenizer(
        str(folder / "vocab.json"),
        str(folder / "merges.txt"),
        model_max_length=length,
        pad_token=_END_OF_TEXT,
    )


def _write(path: Path, text: str) -> None:
    """Unless it is there already, written by the first of several processes that read it now."""
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)


def _merges(words: Iterable[str]) -> list[tuple[str, str]]:
    """Merges by rank, taught one word after another: what earlier merges make of it is joined up.

    A later merge is applied after every earlier one, so no word can spoil one that is already whole.
    """
    found: list[tuple[str, str]] = []
    for word in sorted(set(words), key=lambda word: (len(word), word)):
        parts = _spelt(word, found)
        while len(parts) > 1:
            found.append((parts[0], parts[1]))
            parts[:2] = [parts[0] + parts[1]]
    return found


def _spelt(word: str, merges: list[tuple[str, str]]) -> list[str]:
    """The parts that a word falls into under merges applied in their order."""
    parts = [*word[:-1], word[-1] + _END]
    for pair in merges:
        place = 0
        while place < len(parts) - 1:
            if (parts[place], parts[place + 1]) == pair:
                parts[place : place + 2] = ["".join(pair)]
            place += 1
    return parts


def _letters() -> list[str]:
    """CLIP's 256 byte symbols, in its order."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + place) for place in range(len(rest))]
