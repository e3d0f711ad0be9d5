"""The double: a server in a thread of the test."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from .manners import application
from .moods import Moods
from .queue import Job
from .server import Asked, Server

_PATIENCE = 20.0  # seconds until starting, stopping or restarting has to be done


class Double:
    """A ComfyUI server that follows the protocol and draws its pictures from the graph's hash.

    `speed` is seconds a sampling step. `models` replaces the files of a kind (see `choices.py`), `without`
    names node classes that it lacks. `folder` holds its files; without one they are gone afterwards.
    """

    def __init__(
        self,
        mood: str = "fast",
        speed: float = 0.0,
        port: int = 0,
        models: Mapping[str, Sequence[str]] | None = None,
        without: Sequence[str] = (),
        folder: Path | None = None,
    ) -> None:
        self.moods = Moods(mood)
        self._port = port
        self._own = tempfile.TemporaryDirectory() if folder is None else None
        self.folder = Path(self._own.name) if self._own else Path(str(folder))
        self._server = Server(self.folder, self.moods, speed, models, without)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, name="comfyui double", daemon=True)

    def __enter__(self) -> Double:
        self._thread.start()
        if not self._ready.wait(_PATIENCE) or self._failed is not None:
            raise RuntimeError("the double did not start") from self._failed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        self.moods.drop("dead")
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_PATIENCE)
        if self._own:
            self._own.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def mood(self) -> str:
        """The moods as they are written; set it to change them while the server runs."""
        return str(self.moods)

    @mood.setter
    def mood(self, text: str) -> None:
        self.moods.set(text)

    @property
    def speed(self) -> float:
        """Seconds a sampling step; the running job keeps its own."""
        return self._server.speed

    @speed.setter
    def speed(self, seconds: float) -> None:
        self._server.speed = seconds

    @property
    def jobs(self) -> list[Job]:
        """Every job that was ever accepted, with its graph, prompt_id, client_id and state."""
        return list(self._server.jobs)

    @property
    def renders(self) -> Counter[str]:
        """How often each sampling (by `key` of the sampler) was really done."""
        return Counter(self._server.renders)

    @property
    def requests(self) -> list[Asked]:
        return list(self._server.requests)

    @property
    def queue_now(self) -> list[str]:
        """The prompt_ids of the running job and of those that wait, in the order in which they will run."""
        queue = self._server.queue
        running = [queue.running.prompt_id] if queue.running else []
        return running + [job.prompt_id for job in sorted(queue.pending)]

    def key(self, graph: dict[str, Any], node_id: str) -> str:
        """What the node's pixels depend on, as a hash; literals as in `jobs[i].graph`."""
        return self._server.closure(graph).key(node_id)

    def restart(self, seconds: float = 0.0) -> None:
        """Queue, history and cache are lost, connections are cut; returns when the server listens again."""
        assert self._loop is not None
        restarted = asyncio.run_coroutine_threadsafe(self._server.restart(seconds), self._loop)
        restarted.result(seconds + _PATIENCE)

    def _serve(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._failed = error
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        await self._server.start(application(self._server), self._port)
        self._ready.set()
        await self._over.wait()
        await self._server.stop()
