"""Socket: who is connected to `/ws`, and who is sent what."""

from __future__ import annotations

import json
import struct
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from .moods import Moods

FEATURES = {"supports_preview_metadata": True, "max_upload_size": 104857600}


class Sockets:
    """The sockets by client id, the newest of each."""

    def __init__(self, moods: Moods) -> None:
        self.moods = moods
        self.open: dict[str, web.WebSocketResponse] = {}
        self.features: dict[str, dict[str, Any]] = {}
        self.sent: Counter[str] = Counter()
        self.all: set[web.WebSocketResponse] = set()

    async def serve(
        self, request: web.Request, status: Callable[[], dict[str, Any]], now: Callable[[str], str | None]
    ) -> web.WebSocketResponse:
        """One socket until it is closed. A second one with the same id takes the first one's place.

        As in the real server, the *first* one's end then takes the second one out too.
        """
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        sid = request.query.get("clientId", "") or uuid.uuid4().hex
        self.open[sid], self.features[sid], self.sent[sid] = ws, {}, 0
        self.all.add(ws)
        try:
            await self.send("status", {**status(), "sid": sid}, sid)
            node = now(sid)
            if node is not None:
                await self.send("executing", {"node": node}, sid)
            await self._listen(ws, sid)
        finally:
            self.all.discard(ws)
            self.open.pop(sid, None)
            self.features.pop(sid, None)
        return ws

    async def _listen(self, ws: web.WebSocketResponse, sid: str) -> None:
        first = True
        async for message in ws:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                said = json.loads(message.data)
            except ValueError:
                continue
            if first and isinstance(said, dict) and said.get("type") == "feature_flags":
                self.features[sid] = said.get("data", {})
                await self.send("feature_flags", FEATURES, sid)
            first = False

    async def send(self, kind: str, data: dict[str, Any], sid: str | None) -> None:
        """To one client, or to all when `sid` is None."""
        text = json.dumps({"type": kind, "data": data})
        for each in list(self.open) if sid is None else [sid]:
            if not self._silent(each):
                await self._send(each, text)

    async def preview(self, image: bytes, told: dict[str, Any], sid: str | None) -> None:
        """A JPEG preview: event 4 with what it shows to clients that can read that, else event 1."""
        for each in list(self.open) if sid is None else [sid]:
            if self._silent(each):
                continue
            if self.features.get(each, {}).get("supports_preview_metadata"):
                head = json.dumps({**told, "image_type": "image/jpeg"}).encode()
                await self._send(each, struct.pack(">II", 4, len(head)) + head + image)
            else:
                await self._send(each, struct.pack(">II", 1, 1) + image)

    def _silent(self, sid: str) -> bool:
        silent = self.moods.on("silent_socket")
        return silent and self.sent[sid] >= self.moods.number("silent_socket", 0)

    async def _send(self, sid: str, message: str | bytes) -> None:
        ws = self.open.get(sid)
        if ws is None or ws.closed:
            return
        self.sent[sid] += 1
        try:
            await (ws.send_str(message) if isinstance(message, str) else ws.send_bytes(message))
        except (ConnectionError, RuntimeError):
            return
