"""Note: one piece of advice, and the rule that it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from animorch.spec.experiment import Experiment


@dataclass(frozen=True)
class Note:
    """A sentence about an experiment; `name` silences it."""

    name: str
    sentence: str
    source: str


@dataclass(frozen=True)
class Rule:
    """A named check and the source of its advice; it yields a sentence for each thing it sees."""

    name: str
    source: str
    check: Callable[[Experiment], Iterator[str]]

    def notes(self, experiment: Experiment) -> Iterator[Note]:
        for sentence in self.check(experiment):
            yield Note(self.name, sentence, self.source)
