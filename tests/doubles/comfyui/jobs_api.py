"""The newer servers' /api/jobs: queue and history in one place."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from .routes import canonical
from .server import Handler, Server

STATES = ("pending", "in_progress", "completed", "failed", "cancelled")
_ENDS = ("execution_success", "execution_error", "execution_interrupted")
Told = dict[str, Any]


class JobsApi:
    """/api/jobs, which is there only in the mood `jobs_api`."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path, handler."""
        return [
            ("GET", "/api/jobs", self.all),
            ("GET", "/api/jobs/{id}", self.one),
            ("POST", "/api/jobs/{id}/cancel", self.cancel),
            ("POST", "/api/jobs/cancel", self.cancel_several),
        ]

    async def all(self, request: web.Request) -> web.StreamResponse:
        self._there()
        query = request.query
        wanted = [each.strip() for each in query.get("status", ",".join(STATES)).split(",")]
        if not set(wanted) <= set(STATES):
            return _wrong(f"Invalid status value(s): {query['status']}")
        jobs = [told for told in self._known() if told["status"] in wanted]
        jobs.sort(key=lambda told: told["create_time"], reverse=query.get("sort_order", "desc") == "desc")
        offset, limit = int(query.get("offset", 0)), int(query["limit"]) if "limit" in query else None
        shown = jobs[offset : None if limit is None else offset + limit]
        more = offset + len(shown) < len(jobs)
        page = {"offset": offset, "limit": limit, "total": len(jobs), "has_more": more}
        return web.json_response({"jobs": shown, "pagination": page})

    async def one(self, request: web.Request) -> web.StreamResponse:
        self._there()
        wanted = request.match_info["id"]
        entry = self.server.history.one(wanted).get(wanted)
        if entry:
            _, _, graph, extra, _ = entry["prompt"]
            whole = {"outputs": entry["outputs"], "execution_status": entry["status"]}
            workflow = {"prompt": graph, "extra_data": extra}
            return web.json_response({**_ended(wanted, entry), **whole, "workflow": workflow})
        queued = [told for told in self._queued() if told["id"] == wanted]
        return web.json_response(queued[0]) if queued else _wrong("Job not found", 404)

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        self._there()
        return web.json_response({"cancelled": await self._cancelled(request.match_info["id"])})

    async def cancel_several(self, request: web.Request) -> web.StreamResponse:
        self._there()
        said = await request.json()
        ids = said.get("job_ids") if isinstance(said, dict) else None
        if not isinstance(ids, list):
            return _wrong("job_ids must be a list")
        if not all(isinstance(each, str) and canonical(each) for each in ids):
            return _wrong("job_ids contains invalid id(s)")
        done = [await self._cancelled(each) for each in ids]
        return web.json_response({"cancelled": any(done)})

    async def _cancelled(self, wanted: str) -> bool:
        """Interrupts the running job or takes a pending one out; whether there was one."""
        running = self.server.queue.running
        if running is not None and running.prompt_id == wanted:
            running.interrupted = True
            return True
        gone = self.server.queue.delete(wanted)
        await self.server.tell_status()
        return gone

    def _there(self) -> None:
        if not self.server.moods.on("jobs_api"):
            raise web.HTTPNotFound

    def _known(self) -> list[Told]:
        ended = [_ended(prompt_id, entry) for prompt_id, entry in self.server.history.all().items()]
        return [*self._queued(), *ended]

    def _queued(self) -> list[Told]:
        told = self.server.queue.told()
        states = {"queue_running": "in_progress", "queue_pending": "pending"}
        return [_told(item, state) for part, state in states.items() for item in told[part]]


def _told(item: list[Any], status: str) -> Told:
    number, prompt_id, _, extra, _ = item
    created = {"create_time": extra.get("create_time", 0), "outputs_count": 0}
    return {"id": prompt_id, "status": status, "priority": number, **created}


def _ended(prompt_id: str, entry: Told) -> Told:
    messages = dict(entry["status"]["messages"])
    status = "completed" if entry["status"]["completed"] else "failed"
    if "execution_interrupted" in messages:
        status = "cancelled"
    end = next(messages[kind]["timestamp"] for kind in _ENDS if kind in messages)
    files = [
        item
        for record in entry["outputs"].values()
        for items in record.values()
        for item in items
        if isinstance(item, dict)
    ]
    times = {"execution_start_time": messages["execution_start"]["timestamp"], "execution_end_time": end}
    more = {**times, "execution_error": messages.get("execution_error"), "outputs_count": len(files)}
    if files:
        more["preview_output"] = files[0]
    told = {**_told(entry["prompt"], status), **more, "id": prompt_id}
    return {key: value for key, value in told.items() if value is not None}


def _wrong(error: str, status: int = 400) -> web.Response:
    return web.json_response({"error": error}, status=status)
