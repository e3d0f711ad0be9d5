"""Words: notes on prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from animorch.spec.experiment import Experiment

_ROOM = 75  # tokens between CLIP's start and end
# Words that are past or future whatever stands beside them; "-ed" alone is mostly an adjective (bearded)
_NOT_NOW = re.compile(
    r"\b(will (?=[a-z])|was |were |had |did |going to (?=[a-z])|used to )"
    r"|\b(walked|jumped|danced|smiled|laughed|ran|flew|swam|spoke|drove|sang|threw|ate|drank|slept|went)\b"
)


def prompt_tense(experiment: Experiment) -> Iterator[str]:
    for key, text in _prompts(experiment):
        if found := _not_now(text):
            yield (
                f"{key} says `{found}`; the present tense beside its noun moves best, "
                "as in `a woman walks on a beach`"
            )
            return


def prompt_long(experiment: Experiment) -> Iterator[str]:
    for key, text in _prompts(experiment):
        if (count := _tokens(text)) > _ROOM:
            yield (
                f"{key} is about {count} tokens and CLIP reads {_ROOM} at a time; what comes later is cut or "
                "counts less, so put what matters first"
            )


def _prompts(experiment: Experiment) -> Iterator[tuple[str, str]]:
    yield "prompt", experiment.prompt
    yield from (("prompt_travel", text) for text in experiment.prompt_travel.values())


@lru_cache(maxsize=256)
def _not_now(text: str) -> str | None:
    found = _NOT_NOW.search(text)
    return found.group().strip() if found else None


@lru_cache(maxsize=256)
def _tokens(text: str) -> int:
    """About how many: a word is one up to eight letters and one more for every six beyond, a mark one."""
    words = re.findall(r"\w+|[^\w\s]", text)
    return sum(1 + max(0, len(word) - 3) // 6 for word in words)
