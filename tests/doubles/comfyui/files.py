"""Files: `/view` and `/upload/image`."""

from __future__ import annotations

import io

from aiohttp import web

from .folders import KINDS, Escapes
from .server import Handler, Server

_TYPES = {
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "mkv": "video/x-matroska",
}


class Files:
    """What the server answers about files."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path, handler."""
        return [("GET", "/view", self.view), ("POST", "/upload/image", self.upload)]

    async def view(self, request: web.Request) -> web.StreamResponse:
        name, kind = request.query.get("filename"), request.query.get("type", "output")
        if name is None:
            return web.Response(status=404)
        if not name or name.startswith("/") or ".." in name or kind not in KINDS:
            return web.Response(status=400)
        try:
            path = self.server.folders.path(kind, request.query.get("subfolder", ""), name.rpartition("/")[2])
        except Escapes:
            return web.Response(status=403)
        if not path.is_file():
            return web.Response(status=404)
        data, ending = path.read_bytes(), path.suffix.lstrip(".")
        if "preview" in request.query:
            data, ending = _preview(data, request.query["preview"])
        told = {"Content-Disposition": f'filename="{path.name}"'}
        kind = _TYPES.get(ending, "application/octet-stream")
        return web.Response(body=data, content_type=kind, headers=told)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        image = form.get("image")
        if not isinstance(image, web.FileField) or not image.filename:
            return web.Response(status=400)
        kind, subfolder = str(form.get("type", "input")), str(form.get("subfolder", ""))
        if kind not in KINDS:
            return web.Response(status=400)
        overwrite = form.get("overwrite") in {"true", "1"}
        try:
            data = image.file.read()
            name = self.server.folders.upload(image.filename, data, kind, subfolder, overwrite)
        except Escapes:
            return web.Response(status=400)
        return web.json_response({"name": name, "subfolder": subfolder, "type": kind})


def _preview(data: bytes, wanted: str) -> tuple[bytes, str]:
    from PIL import Image

    kind, _, quality = wanted.partition(";")
    kind = kind if kind in {"webp", "jpeg"} else "webp"
    file = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        picture.convert("RGB").save(file, kind, quality=int(quality) if quality.isdigit() else 90)
    return file.getvalue(), {"jpeg": "jpg"}.get(kind, kind)
