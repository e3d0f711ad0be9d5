"""Shapes: as many captioned clips as you ask for, each a pure function of the seed and its number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from animorch_shapes.draw import draw
from animorch_shapes.scene import Look, scene
from animorch_shapes.words import BACKGROUNDS, MOTIONS, Words, held_out, lexicon, triples, write

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Shapes:
    """A sequence of captioned clips.

    part "train" leaves the held-out compositions (colour x shape x motion) away, "unseen" has only
    those, "all" has both. only: a single motion's clips. pace: speed of the motions, 1 is usual.
    roam: how far from the middle paths lie, 1 is anywhere.
    unsaid: share of captions that leave the background to chance. silent: captions leave the motion
    unsaid, as what a motion LoRA is to bring by itself. look: `paper` is ink on paper, for a style LoRA.
    """

    length: int = 10_000
    seed: int = 0
    size: int = 64
    frames: int = 16
    pace: float = 1.0
    roam: float = 1.0
    part: Literal["train", "unseen", "all"] = "train"
    only: str = ""
    unsaid: float = 0.08
    silent: bool = False
    look: Look = "plain"

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: int) -> tuple[Array, str]:
        """Frames, uint8 (T, H, W, 3), and caption of clip `number`."""
        if not 0 <= number < self.length:
            raise IndexError(number)
        chance = np.random.default_rng([self.seed, number])
        words, article, phrase, place = (
            self._words(chance),
            *(int(part) for part in chance.integers(0, 60, 3)),
        )
        drawn = scene(words, int(chance.integers(1 << 31)), self.frames, self.pace, self.roam, self.look)
        shown = words if chance.random() >= self.unsaid else replace(words, background=None)
        if self.silent:
            shown = replace(shown, motion=None)
        return draw(drawn, self.size), write(shown, article, phrase, place)

    def words(self) -> list[str]:
        """Every word its captions can hold, for a tokenizer."""
        return lexicon()

    def _words(self, chance: np.random.Generator) -> Words:
        choices = self._choices()
        triple = choices[int(chance.integers(len(choices)))]
        background = list(BACKGROUNDS)[int(chance.integers(len(BACKGROUNDS)))]
        return Words(triple.colour, triple.shape, triple.motion, background)

    def _choices(self) -> list[Any]:
        wanted = {"train": (False,), "unseen": (True,), "all": (False, True)}[self.part]
        motions = [self.only] if self.only else list(MOTIONS)
        return [triple for triple in triples() if held_out(triple) in wanted and triple.motion in motions]
