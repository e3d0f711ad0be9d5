"""Routes: jobs from submission to history."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

from aiohttp import web

from .queue import Job
from .server import Handler, Server
from .validation import Validation, Verdict, problem


class Routes:
    """What the server answers about jobs."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path, handler."""
        return [
            ("GET", "/ws", self.socket),
            ("POST", "/prompt", self.submit),
            ("GET", "/prompt", self.remaining),
            ("GET", "/queue", self.queue),
            ("POST", "/queue", self.change_queue),
            ("POST", "/interrupt", self.interrupt),
            ("GET", "/history", self.history),
            ("GET", "/history/{id}", self.one_history),
            ("POST", "/history", self.change_history),
        ]

    async def socket(self, request: web.Request) -> web.StreamResponse:
        return await self.server.sockets.serve(request, self.server.status, self.server.node_of)

    async def submit(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        number = self._number(said)
        if "prompt" not in said:
            return _refused(problem("no_prompt", "No prompt provided", "No prompt provided"))
        prompt_id = str(said.get("prompt_id", uuid.uuid4()))
        if self.server.moods.on("uuid_rule") and said.get("prompt_id") is None:
            prompt_id = str(uuid.uuid4())
        if self.server.moods.on("uuid_rule") and not canonical(prompt_id):
            return _refused(problem("invalid_prompt_id", "prompt_id must be a valid UUID", prompt_id))
        if self.server.moods.on("old_ids"):
            prompt_id = str(uuid.uuid4())
        graph = said["prompt"]
        validation = Validation(graph, self.server.signatures, self.server.folders.has_picture)
        verdict = self._half(graph, validation.verdict(said.get("partial_execution_targets")))
        if verdict.error:
            return _refused(verdict.error, verdict.node_errors)
        extra = {**said.get("extra_data", {})}
        if "client_id" in said:
            extra["client_id"] = said["client_id"]
        if self.server.moods.on("jobs_api"):
            extra["create_time"] = int(time.time() * 1000)
        count = len(self.server.jobs) + 1
        await self.server.accept(Job(prompt_id, graph, extra, verdict.outputs, number, count))
        answer = {"prompt_id": prompt_id, "number": number, "node_errors": verdict.node_errors}
        return web.json_response(answer)

    def _number(self, said: dict[str, Any]) -> float:
        if "number" in said:
            return float(said["number"])
        number = -self.server.number if said.get("front") else self.server.number
        self.server.number += 1
        return number

    def _half(self, graph: dict[str, Any], verdict: Verdict) -> Verdict:
        """In the mood for it the last of several good output nodes is called invalid."""
        mood = self.server.moods.on("node_errors_200", len(self.server.jobs) + 1)
        if verdict.error or not mood or len(verdict.outputs) < 2:
            return verdict
        *good, bad = verdict.outputs
        details = "format: 'video/h264-mp4' not in ['image/gif']"
        told = problem("value_not_in_list", "Value not in list", details, input_name="format")
        blamed = {"errors": [told], "dependent_outputs": [bad], "class_type": graph[bad]["class_type"]}
        return Verdict(None, good, {**verdict.node_errors, bad: blamed})

    async def remaining(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self.server.status()["status"])

    async def queue(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self.server.queue.told())

    async def change_queue(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        if said.get("clear"):
            self.server.queue.clear()
        for prompt_id in said.get("delete", []):
            self.server.queue.delete(prompt_id)
        await self.server.tell_status()
        return web.Response()

    async def interrupt(self, request: web.Request) -> web.StreamResponse:
        try:
            said = await request.json()
        except ValueError:
            said = {}
        wanted = said.get("prompt_id") if isinstance(said, dict) else None
        running = self.server.queue.running
        if running is not None and wanted in (None, running.prompt_id):
            running.interrupted = True
        return web.Response()

    async def history(self, request: web.Request) -> web.StreamResponse:
        most = request.query.get("max_items")
        offset = int(request.query.get("offset", -1))
        return web.json_response(self.server.history.all(int(most) if most else None, offset))

    async def one_history(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self.server.history.one(request.match_info["id"]))

    async def change_history(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        if said.get("clear"):
            self.server.history.clear()
        for prompt_id in said.get("delete", []):
            self.server.history.drop(prompt_id)
        return web.Response()


def _refused(error: dict[str, Any], node_errors: dict[str, Any] | None = None) -> web.Response:
    return web.json_response({"error": error, "node_errors": node_errors or {}}, status=400)


def canonical(prompt_id: str) -> bool:
    """Whether it is a UUID in lower case with hyphens."""
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", prompt_id) is not None
