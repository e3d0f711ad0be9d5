"""Words: the vocabulary of the clips, and the grammar of their captions, both ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

RGB = tuple[int, int, int]

COLOURS: dict[str, RGB] = {
    "red": (225, 40, 40),
    "orange": (245, 145, 25),
    "yellow": (245, 230, 60),
    "green": (60, 200, 70),
    "blue": (60, 110, 240),
    "purple": (165, 65, 215),
    "white": (240, 240, 240),
}
BACKGROUNDS: dict[str, RGB] = {
    "black": (12, 12, 16),
    "grey": (105, 105, 110),
    "navy": (18, 28, 85),
    "maroon": (90, 18, 38),
    "teal": (10, 85, 90),
}
SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
ROUND = ("circle", "ring")  # a turn of these cannot be seen
MOTIONS: dict[str, tuple[str, ...]] = {
    "left": ("moving left", "going left", "moving to the left"),
    "right": ("moving right", "going right", "moving to the right"),
    "up": ("moving up", "going up", "rising"),
    "down": ("moving down", "going down", "falling"),
    "spinning": ("spinning", "rotating"),
    "growing": ("growing", "getting bigger"),
    "shrinking": ("shrinking", "getting smaller"),
    "bouncing": ("bouncing", "hopping"),
    "still": ("standing still", "staying still"),
}
_ARTICLES = ("a", "a", "a", "the", "one")  # repeated words are drawn more often
_PLACES = ("on a {} background", "on a {} background", "on {}", "in front of a {} background")


@dataclass(frozen=True)
class Words:
    """What a caption says; background and motion may be left unsaid (None)."""

    colour: str
    shape: str
    motion: str | None
    background: str | None


class Triple(NamedTuple):
    """A composition that is either trained on or held out."""

    colour: str
    shape: str
    motion: str


def _options(words: object) -> str:
    return "|".join(sorted(words, key=len, reverse=True))  # type: ignore[call-overload]


_PHRASES = {phrase: motion for motion, phrases in MOTIONS.items() for phrase in phrases}
_GRAMMAR = re.compile(
    rf"(?:an?|the|one)? ?(?P<colour>{_options(COLOURS)}) (?P<shape>{_options(SHAPES)})"
    rf"(?:(?: is)? (?P<motion>{_options(_PHRASES)}))?"
    rf"(?: (?:on|in front of|against) (?:an? |the )?(?P<background>{_options(BACKGROUNDS)})(?: background)?)?"
)


def read(prompt: str) -> Words | None:
    """What a prompt of the grammar says, or None when it is not of the grammar."""
    found = _GRAMMAR.fullmatch(" ".join(re.sub(r"[,.]", " ", prompt.lower()).split()))
    if found is None:
        return None
    phrase = found["motion"]
    return Words(found["colour"], found["shape"], _PHRASES[phrase] if phrase else None, found["background"])


def write(words: Words, article: int = 0, phrase: int = 0, place: int = 0) -> str:
    """The caption; the numbers choose among its paraphrases (any number is fine, 0 is the plainest)."""
    parts = [_ARTICLES[article % len(_ARTICLES)], words.colour, words.shape]
    if words.motion is not None:
        parts.append(MOTIONS[words.motion][phrase % len(MOTIONS[words.motion])])
    if words.background is not None:
        parts.append(_PLACES[place % len(_PLACES)].format(words.background))
    return " ".join(parts)


def triples() -> list[Triple]:
    """Every composition there is."""
    return [Triple(colour, shape, motion) for colour in COLOURS for shape in SHAPES for motion in MOTIONS]


def held_out(triple: Triple) -> bool:
    """Whether this composition is kept from training: about a tenth, spread so that every pair is seen."""
    colour, shape = list(COLOURS).index(triple.colour), SHAPES.index(triple.shape)
    return (colour + 3 * shape + 5 * list(MOTIONS).index(triple.motion)) % 11 == 0


def lexicon() -> list[str]:
    """Every word that captions are made of, sorted."""
    said = [*COLOURS, *BACKGROUNDS, *SHAPES, *_PHRASES, *_ARTICLES, *_PLACES, "an is against"]
    return sorted({word for text in said for word in text.replace("{}", "").split()})
