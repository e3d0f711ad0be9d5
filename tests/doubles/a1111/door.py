"""Door: what every request passes: auth, errors in webui's shape, the time it took, gzip."""

from __future__ import annotations

import base64
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.doubles.a1111.refused import Refused
from tests.doubles.a1111.webui import Webui

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OPEN = ("loras", "refresh-loras")  # of the Lora extension, which knows no --api-auth


def door(webui: Webui) -> Any:
    @web.middleware
    async def enter(request: web.Request, handler: Handler) -> web.StreamResponse:
        start = time.monotonic()
        try:
            response = _refused_entry(webui, request) or await handler(request)
        except Refused as refusal:
            response = web.json_response(refusal.body(), status=refusal.status)
        except web.HTTPNotFound:
            response = web.json_response({"detail": "Not Found"}, status=404)
        except web.HTTPMethodNotAllowed as refusal:
            response = web.json_response({"detail": "Method Not Allowed"}, status=405)
            response.headers["Allow"] = refusal.headers.get("Allow", "")
        response.headers["X-Process-Time"] = f"{time.monotonic() - start:.4f}"
        _shrink(webui, request, response)
        return response

    return enter


def _refused_entry(webui: Webui, request: web.Request) -> web.Response | None:
    """401 where --api-auth protects the route and the request has no right to it."""
    name = request.path.removeprefix("/sdapi/v1/")
    if webui.mood.auth is None or name == request.path or name in OPEN:
        return None
    given = request.headers.get("Authorization", "")
    if not given.lower().startswith("basic "):
        return _unauthorised("Not authenticated")
    wanted = base64.b64encode(":".join(webui.mood.auth).encode()).decode()
    return None if given[6:].strip() == wanted else _unauthorised("Incorrect username or password")


def _unauthorised(said: str) -> web.Response:
    body = Refused(401, "HTTPException", said).body()
    return web.json_response(body, status=401, headers={"WWW-Authenticate": "Basic"})


def _shrink(webui: Webui, request: web.Request, response: web.StreamResponse) -> None:
    """gzip for replies over 1000 bytes, where the client takes it."""
    body = response.body if isinstance(response, web.Response) else None
    long = isinstance(body, bytes) and len(body) > 1000
    if "gzip" in request.headers.get("Accept-Encoding", "") and (long or webui.mood.gzip):
        response.enable_compression(web.ContentCoding.gzip)
