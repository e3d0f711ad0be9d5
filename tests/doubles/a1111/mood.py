"""Mood: what goes wrong on a double, beside what requests bring on themselves."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

FAULTS = (
    "errors_500",  # any error that leaves the server clean
    "nan",
    "oom",
    "einops",  # 500, and the server is poisoned
    "still",  # one picture instead of a clip, 200
    "travel_lost",  # frames without AnimateDiff in the info, 200, and poisoned
    "wrong_frames",  # a frame too few, 200
    "silent_sampler",  # another sampler than asked for, 200; the info tells
    "black",  # NaNs under --disable-nan-check: black frames, 200
    "disconnect",  # the connection breaks, the job goes on
)
ONLY_WHEN_TOLD = ("index", "interrupted", "dead")


@dataclass(frozen=True)
class When:
    """Which generation requests a fault meets, counted from 1: all, only the n-th, or every n-th."""

    only: int | None = None
    every: int = 1

    def meets(self, number: int) -> bool:
        return number == self.only if self.only is not None else number % self.every == 0


@dataclass(frozen=True)
class Mood:
    """Words with commas between: `slow=0.5`, `nan`, `oom:3` (only the third), `errors_500%4` (every fourth).

    Further words: fast; auth or auth=user:password; leak (a fresh config.json, so overrides leak); gzip
    (every reply, not only long ones); dead (nobody listens; `dead:3` dies in the third request); unhealable
    (poison stays); fault_rate=0.2 (each clip draws one of FAULTS) with seed=7. A heal (one step) draws none.
    """

    faults: dict[str, When] = field(default_factory=dict)
    pace: float = 0.0  # seconds a step
    auth: tuple[str, str] | None = None
    leak: bool = False
    gzip: bool = False
    dead: bool = False
    unhealable: bool = False
    fault_rate: float = 0.0
    seed: int = 0

    def fault(self, number: int, *, clip: bool) -> str:
        """What befalls the number-th generation request, or ""; told faults come before drawn ones."""
        for word, when in self.faults.items():
            if when.meets(number):
                return word
        draw = random.Random(f"{self.seed}:{number}")
        return draw.choice(FAULTS) if clip and draw.random() < self.fault_rate else ""


def mood(text: str | Mood) -> Mood:
    """A mood out of its words; raises ValueError naming the word that is none."""
    if isinstance(text, Mood):
        return text
    found: dict[str, object] = {}
    faults: dict[str, When] = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        told = re.fullmatch(r"(\w+?)(?:([:%=])(.+))?", word)
        name, sign, value = told.groups(default="") if told else (word, "", "")
        if name == "fast":
            continue
        if (name == "slow" and sign != "%") or name in ("fault_rate", "seed"):
            key = "pace" if name == "slow" else name
            found[key] = int(value or 0) if name == "seed" else float(value or 1)
        elif name == "auth":
            user, _, password = (value or "artist:secret").partition(":")
            found["auth"] = (user, password)
        elif name in ("leak", "gzip", "unhealable") or word == "dead":
            found[name] = True
        elif name in FAULTS + ONLY_WHEN_TOLD:
            faults[name] = When(int(value or 1)) if sign == ":" else When(every=int(value or 1))
        else:
            raise ValueError(f"{word!r} is no mood; faults: {', '.join(FAULTS + ONLY_WHEN_TOLD)}")
    return Mood(faults=faults, **found)  # type: ignore[arg-type]
