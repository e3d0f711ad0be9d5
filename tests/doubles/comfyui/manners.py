"""Manners: what a server does with any request, whatever its route."""

from __future__ import annotations

import asyncio
from collections import Counter
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from .about import About
from .files import Files
from .jobs_api import JobsApi
from .routes import Routes
from .server import Asked, Server


class Manners:
    """The middleware of one server: bookkeeping, Origin and token checks, and the moods of the connection."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._counts: Counter[str] = Counter()

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The answer, or what a bad mood makes of it."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.server.requests.append(Asked(request.method, request.path, dict(request.query), headers))
        while self.server.moods.on("dead"):
            await asyncio.sleep(0.02)
        refused = self._refused(request)
        if refused:
            return web.Response(status=refused)
        if self._turn("errors_500"):
            return web.Response(status=500, text="500 Internal Server Error")
        drop = self._turn("disconnects")
        socket = request.path.endswith("/ws")
        if drop and (socket or self._counts["disconnects hits"] % 2):
            return _closed(request)
        answer = await handler(request)
        if drop:
            return _closed(request)
        return await self._cut(request, answer) if self._turn("cut_bodies") else answer

    def _refused(self, request: web.Request) -> int:
        moods, origin = self.server.moods, request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
            return 403
        wanted = f"Bearer {moods.text('auth', 'secret')}"
        if moods.on("auth") and request.headers.get("Authorization") != wanted:
            return 401
        outside = not request.path.startswith("/api/")
        name, _, value = moods.text("header", "X-Key: secret").partition(": ")
        if moods.on("header") and request.headers.get(name) != value:
            return 401
        return 404 if moods.on("prefix_only") and outside else 0

    def _turn(self, mood: str) -> bool:
        """Whether it is this request's turn: every n-th since the mood began."""
        if not self.server.moods.on(mood):
            self._counts[mood] = 0
            return False
        self._counts[mood] += 1
        hit = self._counts[mood] % int(self.server.moods.number(mood, 2)) == 0
        self._counts[f"{mood} hits"] += hit
        return hit

    async def _cut(self, request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
        body = answer.body if isinstance(answer, web.Response) else None
        if not isinstance(body, bytes) or len(body) < 2:
            return _closed(request)
        half = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
        half.content_length = len(body)
        await half.prepare(request)
        await half.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return half


def _closed(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def application(server: Server) -> web.Application:
    """The server's routes, each with and without the prefix /api."""
    manners = Manners(server)

    @web.middleware
    async def mannered(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await manners(request, handler)

    app = web.Application(client_max_size=100 * 1024**2, middlewares=[mannered])
    table = [*Routes(server).table(), *Files(server).table(), *About(server).table()]
    for method, path, handler in table:
        app.router.add_route(method, path, handler)
        app.router.add_route(method, f"/api{path}", handler)
    for method, path, handler in JobsApi(server).table():
        app.router.add_route(method, path, handler)
    return app
