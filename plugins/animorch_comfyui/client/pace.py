"""Pace: how long to wait, how often to ask and how often to try again."""

from __future__ import annotations

from dataclasses import dataclass

BEAT = 0.25  # seconds between two calls of progress while waiting, so that an interrupt is noticed


@dataclass(frozen=True)
class Pace:
    """Seconds and counts; each is an option of the backend."""

    look_ahead: int = 2  # jobs of ours that wait in a server's queue beside the one that runs
    timeout: float = 600.0  # without a sign of life from a running job
    attempts: int = 3  # times that one clip is submitted at most
    poll: float = 1.0  # between two questions to queue and history
    answer: float = 20.0  # that a server may take to answer one question
    backoff: float = 0.5  # before the first try again
    patience: float = 60.0  # for servers that stopped answering, when no other is left

    @property
    def seats(self) -> int:
        """Jobs of ours on one server at once."""
        return self.look_ahead + 1

    @property
    def beat(self) -> float:
        return min(BEAT, self.poll)
