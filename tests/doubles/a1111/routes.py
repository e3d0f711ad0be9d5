"""Routes: webui's HTTP face."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.doubles.a1111.body import body_of, invalid
from tests.doubles.a1111.door import door
from tests.doubles.a1111.job import Job
from tests.doubles.a1111.lists import LISTS
from tests.doubles.a1111.refused import Refused
from tests.doubles.a1111.webui import Webui

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
NOTHING = (
    "refresh-checkpoints",
    "refresh-loras",
    "refresh-vae",
    "unload-checkpoint",
    "reload-checkpoint",
)


class Routes:
    """The handlers of one server. `dies` ends the server."""

    def __init__(self, webui: Webui, dies: Callable[[], None]) -> None:
        self.webui, self.dies = webui, dies

    def app(self) -> web.Application:
        app = web.Application(middlewares=[door(self.webui)], client_max_size=512 * 2**20)
        api = "/sdapi/v1/"
        for name, listing in LISTS.items():
            app.router.add_get(api + name, self._listing(listing), allow_head=False)
        for name in NOTHING:
            app.router.add_post(api + name, self.nothing)
        app.router.add_post(api + "txt2img", self.generate)
        app.router.add_post(api + "img2img", self.generate)
        app.router.add_get(api + "options", self.options, allow_head=False)
        app.router.add_post(api + "options", self.set_options)
        app.router.add_get(api + "progress", self.progress, allow_head=False)
        app.router.add_post(api + "interrupt", self.interrupt)
        app.router.add_post(api + "skip", self.skip)
        app.router.add_post(api + "png-info", self.png_info)
        app.router.add_get("/docs", self.docs)
        app.router.add_get("/openapi.json", self.openapi)
        if self.webui.ui:
            app.router.add_get("/", self.docs)
            app.router.add_get("/internal/ping", self.ping)
            app.router.add_get("/internal/pending-tasks", self.pending)
            app.router.add_post("/internal/progress", self.task)
        if self.webui.stock.controls is not None:
            app.router.add_get("/controlnet/version", self._listing(lambda webui: {"version": 3}))
            app.router.add_get("/controlnet/model_list", self._listing(_controls))
            app.router.add_get("/controlnet/module_list", self._listing(_modules))
        return app

    def _listing(self, listing: Callable[[Webui], Any]) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            return web.json_response(listing(self.webui))

        return answer

    async def nothing(self, request: web.Request) -> web.Response:
        return web.json_response(None)

    async def generate(self, request: web.Request) -> web.Response:
        """Synchronous, and no byte before the end; a client that leaves stops nothing."""
        route, body = request.path.rpartition("/")[2], await body_of(request)
        if route == "img2img":
            _check_pictures(body)
        work = asyncio.ensure_future(self.webui.generate(route, body, lambda job: self._leave(request, job)))
        await asyncio.sleep(0)  # the job is in the list now
        job = self.webui.jobs[-1]
        try:
            return web.json_response(await work)
        finally:
            job.gone = request.transport is None or request.transport.is_closing()

    def _leave(self, request: web.Request, job: Job) -> None:
        """Break the connection, and with `dead` end the server."""
        if job.fault == "dead":
            self.dies()
        if request.transport is not None:
            request.transport.abort()

    async def options(self, request: web.Request) -> web.Response:
        return web.json_response(self.webui.settings.now())

    async def set_options(self, request: web.Request) -> web.Response:
        await self.webui.set_options(await body_of(request))
        return web.json_response(None)

    async def progress(self, request: web.Request) -> web.Response:
        return web.json_response(self.webui.progress.told())

    async def interrupt(self, request: web.Request) -> web.Response:
        self.webui.progress.interrupted = True
        self.webui.interrupts += 1
        return web.json_response({})

    async def skip(self, request: web.Request) -> web.Response:
        self.webui.progress.skipped = True
        return web.json_response({})

    async def png_info(self, request: web.Request) -> web.Response:
        """The infotext of a PNG, or a GIF's comment."""
        from PIL import Image

        data = base64.b64decode((await body_of(request)).get("image", ""))
        with Image.open(io.BytesIO(data)) as picture:
            said = picture.info.get("parameters") or picture.info.get("comment", b"").decode()
        return web.json_response({"info": said, "items": {"parameters": said}, "parameters": {}})

    async def docs(self, request: web.Request) -> web.Response:
        return web.Response(text="<html><title>FastAPI</title></html>", content_type="text/html")

    async def openapi(self, request: web.Request) -> web.Response:
        paths: dict[str, Any] = {
            route.resource.canonical: {} for route in request.app.router.routes() if route.resource
        }
        return web.json_response({"openapi": "3.0.2", "paths": paths})

    async def ping(self, request: web.Request) -> web.Response:
        return web.json_response(None)

    async def pending(self, request: web.Request) -> web.Response:
        waiting = [job for job in self.webui.jobs if job.outcome == "waiting"]
        tasks = [str(job.body.get("force_task_id") or f"task({job.number})") for job in waiting]
        return web.json_response({"size": len(tasks), "tasks": tasks})

    async def task(self, request: web.Request) -> web.Response:
        """One task's state, by the force_task_id that its request gave."""
        body = await body_of(request)
        if "id_task" not in body:
            raise invalid("id_task", "field required", "value_error.missing")
        jobs = [job for job in self.webui.jobs if job.body.get("force_task_id") == body["id_task"]]
        state = jobs[-1].outcome if jobs else ""
        active = state == "running"
        return web.json_response(
            {
                "active": active,
                "queued": state == "waiting",
                "completed": bool(jobs) and state not in ("running", "waiting"),
                "progress": self.webui.progress.fraction if active else None,
            }
        )


def _check_pictures(body: dict[str, Any]) -> None:
    """Raises Refused: no picture to start from, or one that is none."""
    from PIL import Image

    pictures = body.get("init_images")
    if not pictures:
        raise Refused(404, "HTTPException", "Init image not found")
    for one in [*pictures, *filter(None, [body.get("mask")])]:
        try:
            data = base64.b64decode(one.rpartition(",")[2])
            with Image.open(io.BytesIO(data)) as picture:
                picture.verify()
        except Exception as error:
            raise Refused(500, "HTTPException", "Invalid encoded image") from error


def _controls(webui: Webui) -> dict[str, Any]:
    return {"model_list": list(webui.stock.controls or ())}


def _modules(webui: Webui) -> dict[str, Any]:
    return {"module_list": ["none", "canny", "depth_midas"], "module_detail": {}}
