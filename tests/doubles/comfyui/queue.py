"""Queue: jobs that wait, in the order of their numbers, and the one that runs."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass
from typing import Any


@dataclass
class Job:
    """One accepted job and what became of it.

    `state`: pending, running, success, error, interrupted, deleted or lost (by a restart).
    """

    prompt_id: str
    graph: dict[str, Any]
    extra: dict[str, Any]
    outputs: list[str]
    number: float  # its place in the queue, lowest first
    count: int  # how many jobs the server has accepted, with this one
    state: str = "pending"
    interrupted: bool = False

    @property
    def client_id(self) -> str | None:
        return self.extra.get("client_id")

    @property
    def item(self) -> list[Any]:
        """As `/queue` and history write it."""
        return [self.number, self.prompt_id, self.graph, self.extra, self.outputs]

    def __lt__(self, other: Job) -> bool:
        return (self.number, self.count) < (other.number, other.count)


class Queue:
    """A heap of pending jobs and the one that runs."""

    def __init__(self) -> None:
        self.pending: list[Job] = []
        self.running: Job | None = None
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self.pending) + (self.running is not None)

    def put(self, job: Job) -> None:
        heapq.heappush(self.pending, job)
        self._arrived.set()

    async def next(self) -> Job:
        """The next job, which runs from now on."""
        while not self.pending:
            self._arrived.clear()
            await self._arrived.wait()
        self.running = heapq.heappop(self.pending)
        self.running.state = "running"
        return self.running

    def done(self) -> None:
        self.running = None

    def delete(self, prompt_id: str) -> bool:
        """Takes a pending job out; whether there was one."""
        for job in self.pending:
            if job.prompt_id == prompt_id:
                self.pending.remove(job)
                heapq.heapify(self.pending)
                job.state = "deleted"
                return True
        return False

    def clear(self) -> None:
        for job in self.pending:
            job.state = "deleted"
        self.pending.clear()

    def told(self) -> dict[str, Any]:
        """As `/queue` tells it: the pending ones in the order of the heap, not of their numbers."""
        running = [] if self.running is None else [self.running.item]
        return {"queue_running": running, "queue_pending": [job.item for job in self.pending]}
