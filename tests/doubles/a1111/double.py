"""Double: a server in a thread of a test."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from aiohttp import web

from tests.doubles.a1111.job import Job
from tests.doubles.a1111.mood import Mood
from tests.doubles.a1111.mood import mood as read_mood
from tests.doubles.a1111.pixels import Frames
from tests.doubles.a1111.routes import Routes
from tests.doubles.a1111.stock import Stock
from tests.doubles.a1111.webui import Webui


@dataclass(frozen=True)
class State:
    """What is left in a server. `file` is the loaded checkpoint's."""

    poisoned: bool
    corrupt: bool
    file: str
    options: Mapping[str, Any]
    options_at_start: Mapping[str, Any]
    interrupts: int
    busy: bool


class Double:
    """`with Double(mood="nan:2") as double:` a server at double.url; see Mood for its words.

    version: the extension's, "v2", "v1.13.1", "forge" (v2 without FreeInit), None (absent).
    ui False is --nowebui. port 0 is any free one.
    """

    def __init__(
        self,
        mood: str | Mood = "fast",
        *,
        version: str | None = "v2",
        ui: bool = True,
        stock: Stock | None = None,
        port: int = 0,
    ) -> None:
        self.mood = read_mood(mood)
        self.webui = Webui(stock or Stock(), self.mood, version, ui=ui)
        self._port, self._socket = port, socket.socket()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._serve, name="a1111 double", daemon=True)
        self.url = ""

    def __enter__(self) -> Double:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self._port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        if self.mood.dead:
            self._socket.close()
            return self
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread.is_alive() and self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread.ident:
            self._thread.join()
        self._socket.close()

    @property
    def jobs(self) -> list[Job]:
        """Every generation request so far, heals among them."""
        return list(self.webui.jobs)

    @property
    def state(self) -> State:
        machine = self.webui.machine
        return State(
            poisoned=machine.poisoned,
            corrupt=machine.corrupt,
            file=machine.loaded.file,
            options=self.webui.settings.now(),
            options_at_start=self.webui.options_at_start,
            interrupts=self.webui.interrupts,
            busy=self.webui.lock.locked(),
        )

    @property
    def auth(self) -> tuple[str, str] | None:
        """User and password that it wants."""
        return self.mood.auth

    def expected(
        self, body: Mapping[str, Any], *, route: str = "txt2img", checkpoint: str | None = None
    ) -> Frames:
        """Frames (T, H, W, 3), uint8, that a healthy server with the settings as now gives for a body.

        checkpoint: any name of it; the loaded one where it is not given. Silent corrections of words
        (Job.corrections) are made here too. Raises ValueError for a travel that no server can render.
        """
        return self.webui.expected(body, route, checkpoint)

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(
            Routes(self.webui, self._stop.set).app(), keepalive_timeout=30, shutdown_timeout=0.05
        )
        await runner.setup()
        await web.SockSite(runner, self._socket).start()
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()
