"""Server: the state of one ComfyUI server, the worker that runs its jobs, and its restarts."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from .cache import Cache
from .choices import MODELS
from .closure import Closure
from .execution import Execution
from .folders import Folders
from .history import History
from .moods import Moods
from .queue import Job, Queue
from .saving import Saving
from .signatures import Signatures
from .socket import Sockets

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Asked:
    """One request that the server has seen."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Server:
    """One server. All of it lives in one event loop; tests read its lists from other threads."""

    def __init__(
        self,
        folder: Path,
        moods: Moods,
        speed: float = 0.0,
        models: Mapping[str, Sequence[str]] | None = None,
        without: Sequence[str] = (),
        version: str = "0.3.64",
    ) -> None:
        self.folders, self.moods, self.speed, self.version = Folders(folder), moods, speed, version
        self.models = {**MODELS, **(models or {})}
        self.signatures = Signatures(self.models, frozenset(without))
        self.own_ids = frozenset(n for n, each in self.signatures.nodes.items() if "id" in each.marks)
        self.queue, self.history, self.cache, self.sockets = Queue(), History(), Cache(), Sockets(moods)
        self.jobs: list[Job] = []
        self.renders: Counter[str] = Counter()
        self.requests: list[Asked] = []
        self.number = 0
        self.running: Execution | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._worker: asyncio.Task[None] | None = None
        self._runner: web.AppRunner | None = None
        self._door: socket.socket | None = None
        self.port = 0

    async def start(self, app: web.Application, port: int = 0) -> None:
        """Listens on loopback; `port` 0 takes a free one, which `self.port` then names."""
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self.port = port
        await self._listen()

    async def _listen(self) -> None:
        assert self._runner is not None
        self._door = socket.create_server(("127.0.0.1", self.port))
        await web.SockSite(self._runner, self._door).start()
        self.port = self._door.getsockname()[1]
        self._worker = asyncio.create_task(self._work())

    async def stop(self) -> None:
        await self._down()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    async def restart(self, seconds: float) -> None:
        """Queue, history and cache are lost, files are kept; nothing listens for so many seconds."""
        await self._down()
        await asyncio.sleep(seconds)
        await self._listen()

    async def _down(self) -> None:
        assert self._runner is not None
        if self._door is not None and self._door.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._door)
        await asyncio.sleep(0.01)  # a connection that was just accepted is among the server's by then
        for site in list(self._runner.sites):
            await site.stop()
        if self._runner.server is not None:
            for connection in list(self._runner.server.connections):
                if connection.transport is not None:
                    connection.transport.abort()
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
        for job in [*self.queue.pending, *([self.queue.running] if self.queue.running else [])]:
            job.state = "lost"
        self.queue, self.running = Queue(), None
        self.history.clear()
        self.cache.clear()

    async def lose(self, seconds: float) -> None:
        """A restart that the job which asks for it does not wait for."""
        self._later(self.restart(seconds))

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def status(self) -> dict[str, Any]:
        return {"status": {"exec_info": {"queue_remaining": len(self.queue)}}}

    async def tell_status(self) -> None:
        await self.sockets.send("status", self.status(), None)

    def node_of(self, client_id: str) -> str | None:
        """The node that runs now, when the job is this client's."""
        now = self.running
        return now.node if now is not None and now.job.client_id == client_id else None

    def closure(self, graph: dict[str, Any]) -> Closure:
        return Closure(graph, self.folders.content, self.folders.size, self.own_ids)

    async def accept(self, job: Job) -> None:
        self.jobs.append(job)
        if self.moods.on("deleted_by_another", job.count):
            job.state = "deleted"
            return
        self.queue.put(job)
        await self.tell_status()

    async def _work(self) -> None:
        while True:
            job = await self.queue.next()
            await self.tell_status()
            self.running = self._execution(job)
            entry = await self.running.run()
            if self.moods.on("empty_history", job.count):
                await asyncio.sleep(self.moods.number("empty_history", 0.2, job.count))
            self.history.keep(job.prompt_id, entry)
            self.queue.done()
            self.running = None
            await self.tell_status()
            if job.client_id is not None:
                over = {"node": None, "prompt_id": job.prompt_id}
                await self.sockets.send("executing", over, job.client_id)

    def _execution(self, job: Job) -> Execution:
        closure = self.closure(job.graph)
        chunks = {"prompt": job.graph, **(job.extra.get("extra_pnginfo") or {})}
        saving = Saving(self.folders, closure, chunks, self.moods, job.count)
        return Execution(
            job,
            self.signatures,
            closure,
            saving,
            self.cache,
            self.moods,
            self.sockets,
            self.renders,
            self.speed,
            self.lose,
        )
