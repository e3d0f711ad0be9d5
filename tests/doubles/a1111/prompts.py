"""Prompts: travel lines, LoRA tags and lengths, as the server reads them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from tests.doubles.a1111.stock import Lora, Stock, digest

TAG = re.compile(r"<lora:([^:>]+)((?::[^:>]*)*)>")
KEY = re.compile(r"(\d+): (.+)")


class TravelError(ValueError):
    """A travel that the extension cannot take; the server swallows this."""


@dataclass(frozen=True)
class Travel:
    """Per-frame prompts, and the texts that each frame lies between: (text, next text, share of the way)."""

    prompts: tuple[str, ...]
    between: tuple[tuple[str, str, float], ...]


def travel(prompt: str, frames: int, slots: int, *, loop: bool) -> Travel | None:
    """Travel of a prompt, None for a plain one. `slots` is the batch the server really computes.

    A line `N:text` without the space ends the keys before they began: everything is one plain prompt.
    Raises TravelError for a frame outside the clip or keys that do not rise.
    """
    head, keys, tail = _parts(prompt, frames)
    if not keys:
        return None
    texts = {at: f"{', '.join(head)}, {text}, {', '.join(tail)}" for at, text in keys.items()}
    places, filled = [*texts.items()], 0
    prompts: list[str] = []
    for at, (frame, _) in enumerate(places):
        before = places[at - 1][1] if at else ""
        prompts += [before] * (frame - filled)
        filled = frame
    prompts += [places[-1][1]] * (slots - filled)
    if len(prompts) != slots:
        raise TravelError(f"{len(prompts)} prompts for {slots} frames")
    return Travel(tuple(prompts), tuple(_between(texts, frame, slots, loop) for frame in range(slots)))


def _parts(prompt: str, frames: int) -> tuple[list[str], dict[int, str], list[str]]:
    head: list[str] = []
    keys: dict[int, str] = {}
    lines = prompt.strip().split("\n")
    while lines and not re.match(r"\d+:", lines[0]):
        head.append(lines.pop(0))
    while lines and (found := KEY.fullmatch(lines[0])):
        frame = int(found[1])
        if frame >= frames:
            raise TravelError(f"frame {frame} in a clip of {frames} frames")
        keys[frame] = found[2]
        lines.pop(0)
    return head, keys, lines


def _between(texts: dict[int, str], frame: int, frames: int, loop: bool) -> tuple[str, str, float]:
    """The two prompts around a frame and the share of the way; before the first key there is none."""
    before = [key for key in texts if key <= frame]
    after = [key for key in texts if key > frame]
    if not before:
        return "", "", 0.0
    if not after and not loop:
        return texts[before[-1]], texts[before[-1]], 0.0
    here, there = before[-1], after[0] if after else min(texts)
    length = (there - here) % frames or frames
    return texts[here], texts[there], round((frame - here) / length, 6)


def loras(prompt: str, stock: Stock) -> tuple[list[tuple[Lora, str, str]], list[str]]:
    """(LoRA, name in the tag, weights) for every tag that names one in stock, and the names that do not."""
    found, unknown = [], []
    for name, weights in TAG.findall(prompt):
        lora = stock.lora(name)
        if lora is None:
            unknown.append(name)
        else:
            found.append((lora, name, weights or ":1"))
    return found, unknown


def without_tags(prompt: str) -> str:
    return TAG.sub("", prompt)


def chunks(prompt: str) -> int:
    """Number of 75-token pieces; a word or a mark is about a token."""
    return max(1, math.ceil(len(re.findall(r"\w+|[^\w\s]", without_tags(prompt))) / 75))


def embeddings(text: str, stock: Stock) -> dict[str, str]:
    """Name to hash of the textual inversions that a text uses."""
    return {name: digest(name)[:12] for name in stock.embeddings if re.search(rf"\b{name}\b", text)}
