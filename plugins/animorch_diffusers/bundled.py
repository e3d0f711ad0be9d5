"""Bundled: the configs and the tokenizer of SD1.5 and SDXL, so that a local file needs nothing else.

configs/<family>/ holds the published configs of the two models; configs/tokenizer/ the merges of CLIP's
tokenizer, from which its whole vocabulary follows.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_HOME = Path(__file__).parent / "configs"
_START, _END = "<|startoftext|>", "<|endoftext|>"


@dataclass(frozen=True)
class Configs:
    """The configs of a single file: the bundled ones of its family, or those of a diffusers folder."""

    family: str
    folder: Path | None = None

    @property
    def fit(self) -> bool:
        """Whether widths are to be read off the tensors: the user's own configs say them."""
        return self.folder is None

    def of(self, part: str) -> dict[str, Any]:
        """The config of one part: unet, vae, text_encoder, text_encoder_2 or scheduler."""
        if self.folder is None:
            path = _HOME / self.family / f"{part}.json"
        else:
            path = self.folder / part / f"{'scheduler_' * (part == 'scheduler')}config.json"
        return dict(json.loads(path.read_text(encoding="utf-8")))

    def tokenizer(self, second: bool = False) -> Any:
        """CLIP's tokenizer; SDXL's second fills up with `!`."""
        if self.folder is None:
            return tokenizer("!" if second else _END)
        from transformers import CLIPTokenizer

        place = self.folder / ("tokenizer_2" if second else "tokenizer")
        return CLIPTokenizer.from_pretrained(place, local_files_only=True)


def tokenizer(pad: str = _END) -> Any:
    """CLIP's tokenizer, as CLIPTokenizer.from_pretrained makes it; `pad` fills up to 77 tokens."""
    from transformers import CLIPTokenizer

    vocabulary, merges = words()
    return CLIPTokenizer(
        vocab=vocabulary,
        merges=list(merges),
        bos_token=_START,
        eos_token=_END,
        unk_token=_END,
        pad_token=pad,
        model_max_length=77,
    )


@cache
def words() -> tuple[dict[str, int], tuple[tuple[str, str], ...]]:
    """Vocabulary and merges: bytes, bytes that end a word, what merges make, and two marks.

    The order is that of openai/CLIP's simple_tokenizer.py, which gives each word its number.
    """
    text = gzip.decompress((_HOME / "tokenizer" / "merges.txt.gz").read_bytes()).decode()
    merges = tuple((left, right) for left, right in (line.split(" ") for line in text.splitlines()))
    letters = _letters()
    ordered = [*letters, *(f"{letter}</w>" for letter in letters), *map("".join, merges), _START, _END]
    return {word: number for number, word in enumerate(ordered)}, merges


def _letters() -> list[str]:
    """A printable character for each of the 256 bytes, printable bytes first (GPT-2's alphabet)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(code) for code in printable] + [chr(256 + place) for place in range(256 - len(printable))]
