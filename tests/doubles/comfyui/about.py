"""About: what the server tells of itself."""

from __future__ import annotations

import time

from aiohttp import web

from .server import Handler, Server
from .socket import FEATURES

_GIB = 1024**3


class About:
    """Nodes, models, machine and log of the server."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path, handler."""
        return [
            ("GET", "/object_info", self.object_info),
            ("GET", "/object_info/{name}", self.object_info),
            ("GET", "/system_stats", self.system_stats),
            ("GET", "/features", self.features),
            ("GET", "/models", self.models),
            ("GET", "/models/{kind}", self.models),
            ("GET", "/embeddings", self.embeddings),
            ("POST", "/free", self.free),
            ("GET", "/internal/logs/raw", self.logs),
        ]

    async def object_info(self, request: web.Request) -> web.StreamResponse:
        self.server.signatures.uploads[:] = self.server.folders.uploads()
        return web.json_response(self.server.signatures.info(request.match_info.get("name")))

    async def system_stats(self, _: web.Request) -> web.StreamResponse:
        system = {
            "os": "posix",
            "ram_total": 64 * _GIB,
            "ram_free": 48 * _GIB,
            "comfyui_version": self.server.version,
            "required_frontend_version": "1.27.10",
            "python_version": "3.11.9 (main)",
            "pytorch_version": "2.8.0+cu128",
            "embedded_python": False,
            "argv": ["main.py", "--port", str(self.server.port)],
        }
        vram = {f"{kind}_total": 24 * _GIB for kind in ("vram", "torch_vram")}
        free = {f"{kind}_free": 20 * _GIB for kind in ("vram", "torch_vram")}
        device = {"name": "cuda:0 Double RTX", "type": "cuda", "index": 0, **vram, **free}
        return web.json_response({"system": system, "devices": [device]})

    async def features(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(FEATURES)

    async def models(self, request: web.Request) -> web.StreamResponse:
        kind = request.match_info.get("kind")
        if kind is None:
            return web.json_response(list(self.server.models))
        known = kind in self.server.models
        return web.json_response(self.server.models[kind]) if known else web.Response(status=404)

    async def embeddings(self, _: web.Request) -> web.StreamResponse:
        names = self.server.models.get("embeddings", ())
        return web.json_response([name.rpartition(".")[0] for name in names])

    async def free(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        if said.get("free_memory"):
            self.server.cache.clear()
        return web.Response()

    async def logs(self, _: web.Request) -> web.StreamResponse:
        entries = [{"t": time.strftime("%Y-%m-%dT%H:%M:%S"), "m": "got prompt\n"} for _ in self.server.jobs]
        return web.json_response({"entries": entries, "size": {"cols": 80, "rows": 24}})
