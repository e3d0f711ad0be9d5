"""Server: what one ComfyUI is asked and told, a method a route."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock
from typing import Any
from uuid import uuid4

from animorch_comfyui.built import Built
from animorch_comfyui.client.failure import Gone, Refused, Stale, refusal, short
from animorch_comfyui.client.line import Line
from animorch_comfyui.client.pace import Pace
from animorch_comfyui.client.socket import Socket
from animorch_comfyui.client.uploads import Uploads
from animorch_comfyui.offers import Offers

GLANCE = 2.0  # seconds


@dataclass(frozen=True)
class Place:
    """A job in the queue: [number, prompt id, graph, extra data, output nodes]."""

    id: str
    said: tuple[Any, ...]

    def marked(self, mark: str) -> bool:
        """Whether it carries our own id for it, which servers before prompt ids replace by theirs."""
        return mark_of(self.said) == mark


def mark_of(said: Any) -> str | None:
    """Our own id in a job's extra data, as queue and history tell it."""
    extra = said[3] if isinstance(said, (list, tuple)) and len(said) > 3 else None
    for key in ("extra_pnginfo", "animorch", "job"):
        extra = extra.get(key) if isinstance(extra, Mapping) else None
    return extra if isinstance(extra, str) else None


class Server:
    """One ComfyUI. What it offers is asked once, and again after it contradicted itself."""

    def __init__(self, url: str, pace: Pace) -> None:
        self.url, self.pace = url, pace
        self.client_id = uuid4().hex  # two sockets of one id: the older would fall silent
        self.line = Line(url, pace)
        self.socket = Socket(self.line, self.client_id, pace)
        self.uploads = Uploads()
        self._lock = RLock()
        self._offers: Offers | None = None
        self._facts: dict[str, Any] = {}
        self.keeps_ids: bool | None = None  # whether jobs have the ids that we give them
        self._jobs: bool | None = None  # whether it has /api/jobs

    def known(self) -> bool:
        """Whether it has said what it offers."""
        return self._offers is not None

    def offers(self) -> Offers:
        """What nodes and textual inversions it has; raises Gone."""
        with self._lock:
            if self._offers is None:
                self._offers = Offers(self._info(), self._embeddings())
            return self._offers

    def _embeddings(self) -> list[str] | None:
        """Textual inversions, which /object_info leaves out; null when the server does not tell them."""
        said = None
        with suppress(Gone):
            said = self.line.get("embeddings", tries=1)
        return list(map(str, said)) if isinstance(said, list) else None

    def _info(self) -> Mapping[str, Any]:
        """/object_info, under /api where a proxy lets nothing else through."""
        answer = self.line.send("GET", "object_info")
        if answer.status_code == 404 and self.line.root == "/":
            self.line.root = "/api/"
            answer = self.line.send("GET", "object_info")
            if not answer.is_success:
                self.line.root = "/"
        info = self.line.json(answer)
        if not isinstance(info, Mapping) or "KSampler" not in info:
            raise self.line.stranger(answer)
        return info

    def forget(self) -> None:
        """It is another than it was: started anew, or with other models."""
        with self._lock:
            self._offers, self._jobs = None, None
            self._facts.clear()
        self.uploads.forget()  # outside: who sends a picture holds that lock and asks for features

    def stats(self) -> dict[str, Any]:
        """/system_stats without the server's command line."""
        stats = dict(self._fact("system_stats"))
        stats["system"] = {key: value for key, value in stats.get("system", {}).items() if key != "argv"}
        return stats

    def features(self) -> Mapping[str, Any]:
        """/features; empty on servers that have none."""
        return self._fact("features")

    def _fact(self, path: str) -> Mapping[str, Any]:
        with self._lock:
            if path not in self._facts:
                said = self.line.get(path)
                self._facts[path] = said if isinstance(said, Mapping) else {}
            return dict(self._facts[path])

    def queue(self, **how: Any) -> tuple[list[Place], list[Place]]:
        """Jobs that run, and those that wait, in their order; raises Gone."""
        answer = self.line.send("GET", "queue", **how)
        said = self.line.json(answer)
        if not isinstance(said, Mapping) or "queue_running" not in said:
            raise self.line.stranger(answer)
        running, pending = said["queue_running"], said.get("queue_pending") or []
        places = [Place(str(job[1]), tuple(job)) for job in running]
        return places, [Place(str(job[1]), tuple(job)) for job in sorted(pending, key=lambda job: job[0])]

    def entry(self, job: str) -> dict[str, Any] | None:
        """A finished job in the history, null while there is none."""
        said = self.line.get(f"history/{job}")
        found = said.get(job) if isinstance(said, Mapping) else None
        return dict(found) if isinstance(found, Mapping) else None

    def recent(self, most: int) -> dict[str, dict[str, Any]]:
        """The latest finished jobs by their ids."""
        said = self.line.get("history", max_items=most)
        return dict(said) if isinstance(said, Mapping) else {}

    def job(self, job: str) -> str | None:
        """Its status in /api/jobs (pending, in_progress, completed, failed, cancelled); null: unknown."""
        if not self.has_jobs():
            return None
        said = self.line.get(self._api(f"jobs/{job}"))
        return str(said.get("status")) if isinstance(said, Mapping) else None

    def has_jobs(self) -> bool:
        with self._lock:
            if self._jobs is None:
                answer = self.line.send("GET", self._api("jobs"), params={"limit": 1})
                kind = answer.headers.get("content-type", "")
                self._jobs = answer.is_success and kind.startswith("application/json")
            return self._jobs

    def _api(self, path: str) -> str:
        """A route that is there under /api alone."""
        return path if self.line.root.endswith("/api/") else f"api/{path}"

    def submit(self, body: Mapping[str, Any], built: Built) -> dict[str, Any]:
        """Put a job into the queue, once; raises Passing, Gone or Refused."""
        answer = self.line.once("POST", "prompt", json=body)
        if answer.status_code == 400:
            try:
                said = answer.json()
            except ValueError:
                said = {"error": answer.text}
            raise refusal(self.url, built, said if isinstance(said, Mapping) else {"error": said})
        if answer.status_code == 413:
            raise Refused(f"{self.url} finds this graph too large (413); start it with --max-upload-size 500")
        said = self.line.json(answer)
        if not isinstance(said, Mapping) or not isinstance(said.get("prompt_id"), str):
            raise self.line.stranger(answer)
        self.keeps_ids = said["prompt_id"] == body.get("prompt_id")
        return dict(said)

    def view(self, item: Mapping[str, Any]) -> bytes:
        """A file's bytes, of the length announced; raises Stale when it is not there."""
        query = {key: str(item.get(key) or "") for key in ("filename", "subfolder", "type")}
        answer = self.line.send("GET", "view", params=query)
        if not answer.is_success:
            name = short(query["filename"])
            raise Stale(f"{self.url} has lost {name} of this clip ({answer.status_code})")
        announced = answer.headers.get("content-length")
        plain = "content-encoding" not in answer.headers
        if plain and announced is not None and int(announced) != len(answer.content):
            raise Gone(f"{self.url} sent {len(answer.content)} of {announced} bytes of {query['filename']}")
        return answer.content

    def delete(self, job: str) -> None:
        """Take a waiting job out of the queue; one that runs is left alone."""
        self.line.send("POST", "queue", json={"delete": [job]})

    def absent(self) -> Gone | None:
        """Why it is not there, asked once and briefly; null when it is."""
        try:
            self.queue(tries=1, timeout=min(GLANCE, self.pace.answer))
        except Gone as error:
            return error
        return None

    def absent_still(self) -> Gone | None:
        """Why it is not back; null when it is, and has said what it offers now: it may have changed."""
        if (why := self.absent()) is not None:
            return why
        self.forget()
        try:
            self.offers()
        except Gone as error:
            return error
        return None

    def cancel(self, job: str) -> None:
        """End a job of ours, whether it waits or runs; others' jobs are never touched."""
        if self.has_jobs() and self.line.send("POST", self._api(f"jobs/{job}/cancel")).is_success:
            return
        self.delete(job)
        running, _ = self.queue()
        if any(place.id == job for place in running):
            self.line.send("POST", "interrupt", json={"prompt_id": job})

    def close(self) -> None:
        self.socket.close()
        self.line.close()
