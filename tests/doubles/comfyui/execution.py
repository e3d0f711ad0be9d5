"""Execution: one job from execution_start to its entry in history."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from . import pictures
from .cache import Cache, Record
from .closure import Closure, ancestors, is_link
from .moods import Moods
from .queue import Job
from .rules import Trouble, trouble
from .saving import Saving, written
from .signatures import Signatures
from .socket import Sockets

_OOM = "torch.OutOfMemoryError"
_PREVIEW = pictures.jpeg(pictures.frames("preview", 1, 16, 16)[0])


class Interrupted(Exception):
    """The job was interrupted."""


class Failed(Exception):
    """A node raised; `args` are the exception's type and message."""


@dataclass
class Execution:
    """One job while it runs."""

    job: Job
    signatures: Signatures
    closure: Closure
    saving: Saving
    cache: Cache
    moods: Moods
    sockets: Sockets
    renders: Counter[str]
    speed: float  # seconds a step
    lose: Callable[[float], Awaitable[None]]  # the server restarts and this job is gone
    messages: list[list[Any]] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    node: str | None = None  # the one that runs now
    states: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def run(self) -> dict[str, Any]:
        """Runs the job and returns its entry for history."""
        await self._say("execution_start", {})
        self.cache.keep(self.closure)
        cached = [each for each in self.job.graph if self.cache.has(self.closure, each, self._stale(each))]
        await self._say("execution_cached", {"nodes": cached})
        try:
            for node_id in self._order(set(cached)):
                await self._node(node_id, node_id in cached)
            await self._say("execution_success", {})
            self.job.state = "success"
        except Interrupted:
            self.job.state = "interrupted"
            where = {"node_id": self.node, "node_type": self._kind(self.node), "executed": self.executed}
            await self._say("execution_interrupted", where, broadcast=True)
        except Failed as failed:
            self.job.state = "error"
            await self._say("execution_error", self._told(failed))
        self.node = None
        return self._entry(cached)

    def _on(self, mood: str) -> bool:
        return self.moods.on(mood, self.job.count)

    def _stale(self, node_id: str) -> bool:
        return self._on("stale_cache") and self.signatures.nodes[self._kind(node_id)].is_output

    def _kind(self, node_id: str | None) -> str:
        return self.job.graph[node_id]["class_type"] if node_id else ""

    def _order(self, cached: set[str]) -> list[str]:
        """Output nodes and what of their ancestry is not cached, each after what it needs."""
        order: dict[str, None] = {}

        def visit(node_id: str) -> None:
            if node_id in order:
                return
            if node_id not in cached:
                for value in self.job.graph[node_id]["inputs"].values():
                    if is_link(value, self.job.graph) and value[0] not in cached:
                        visit(value[0])
            order[node_id] = None

        for output in self.job.outputs:
            visit(output)
        return list(order)

    async def _node(self, node_id: str, cached: bool) -> None:
        if self.job.interrupted:
            self.node = node_id
            raise Interrupted
        if cached:
            record = self.cache.record(self.closure, node_id, self._stale(node_id))
            await self._ended(node_id, record)
            return
        self.node = node_id
        await self._send("executing", {"node": node_id, "display_node": node_id}, own=True)
        await self._progress(node_id, 0.0, 1.0, "running")
        try:
            wrong = trouble(self.closure, node_id, self.job.extra.get("extra_pnginfo"))
            if wrong:
                raise Failed(*wrong)
            record = await self._work(node_id)
        except (Failed, Interrupted):
            raise
        except Exception as error:
            raise Failed(type(error).__name__, str(error)) from error
        self.cache.put(self.closure, node_id, record)
        self.executed.append(node_id)
        await self._ended(node_id, record)

    async def _ended(self, node_id: str, record: Record) -> None:
        last = self.states.get(node_id, {"max": 1.0})["max"]
        await self._progress(node_id, last, last, "finished")
        if record is not None:
            told = {"node": node_id, "display_node": node_id, "output": record}
            await self._send("executed", told, own=True)

    async def _work(self, node_id: str) -> Record:
        kind = self._kind(node_id)
        if kind in {"KSampler", "KSamplerAdvanced"}:
            await self._sample(node_id)
            return None
        if not self.signatures.nodes[kind].is_output:
            await asyncio.sleep(0)
            return None
        if kind == "VHS_VideoCombine":
            given = self.job.graph[node_id]["inputs"]
            await self._count(node_id, written(self.closure.shape(given["images"][0]), given))
        return await asyncio.to_thread(self.saving.record, node_id)

    async def _sample(self, node_id: str) -> None:
        given = self.job.graph[node_id]["inputs"]
        steps = int(given["steps"])
        if "start_at_step" in given:
            steps = max(1, min(int(given["end_at_step"]), steps) - int(given["start_at_step"]))
        pause = self.speed
        if self._on("slow"):
            pause = self.moods.number("slow", 0.2, self.job.count)
        for step in list(range(1, steps + 1)) * self._iterations(node_id):
            await self._misfortune(step, steps)
            await asyncio.sleep(pause)
            if self.job.interrupted:
                raise Interrupted
            await self._step(node_id, step, steps)
            await self._glimpse(node_id, step)
        self.renders[self.closure.key(node_id)] += 1

    def _iterations(self, node_id: str) -> int:
        """How often the sampler starts over: more than once with FreeInit."""
        before = [self.job.graph[each]["inputs"] for each in ancestors(self.job.graph, node_id)]
        return next((int(given["iterations"]) for given in before if "iterations" in given), 1)

    async def _misfortune(self, step: int, steps: int) -> None:
        if self._on("interrupted_by_another"):
            self.job.interrupted = True
        if self._on("execution_error"):
            raise Failed("RuntimeError", "mat1 and mat2 shapes cannot be multiplied (77x768 and 1024x320)")
        if self._on("oom"):
            raise Failed(_OOM, "Allocation on device 0 would exceed allowed memory. (out of memory)")
        if self._on("restart") and step > steps // 2:
            await self.lose(self.moods.number("restart", 0.2, self.job.count))
            await asyncio.Event().wait()

    async def _count(self, node_id: str, most: int) -> None:
        for value in range(1, most + 1):
            await self._step(node_id, value, most)

    async def _step(self, node_id: str, value: int, most: int) -> None:
        await self._progress(node_id, float(value), float(most), "running")
        await self._send("progress", {"value": value, "max": most, "node": node_id})

    async def _glimpse(self, node_id: str, step: int) -> None:
        if step % 2 == 0:
            ids = ("node_id", "display_node_id", "real_node_id")
            told = {**dict.fromkeys(ids, node_id), "parent_node_id": None, "prompt_id": self.job.prompt_id}
            await self.sockets.preview(_PREVIEW, told, self.job.client_id)

    async def _progress(self, node_id: str, value: float, most: float, state: str) -> None:
        ids = dict.fromkeys(("node_id", "display_node_id", "real_node_id"), node_id)
        told = {"value": value, "max": most, "state": state, **ids, "parent_node_id": None}
        self.states[node_id] = {**told, "prompt_id": self.job.prompt_id}
        await self._send("progress_state", {"nodes": self.states})

    async def _send(self, kind: str, data: dict[str, Any], own: bool = False) -> None:
        """To the job's client; without a client id to everybody, unless `own`, then to nobody."""
        if self.job.client_id is not None or not own:
            await self.sockets.send(kind, {**data, "prompt_id": self.job.prompt_id}, self.job.client_id)

    async def _say(self, kind: str, data: dict[str, Any], broadcast: bool = False) -> None:
        """A message of the execution_* kind, which history repeats."""
        told = {"prompt_id": self.job.prompt_id, **data, "timestamp": int(time.time() * 1000)}
        self.messages.append([kind, told])
        if broadcast or self.job.client_id is not None:
            await self.sockets.send(kind, told, None if broadcast else self.job.client_id)

    def _told(self, failed: Failed) -> dict[str, Any]:
        wrong: Trouble = (failed.args[0], failed.args[1])
        given = self.job.graph[self.node]["inputs"] if self.node else {}
        inputs = {
            name: [f"<{value[0]} {value[1]}>" if is_link(value, self.job.graph) else str(value)]
            for name, value in given.items()
        }
        return {
            "node_id": self.node,
            "node_type": self._kind(self.node),
            "executed": self.executed,
            "exception_message": f"{wrong[1]}\n",
            "exception_type": wrong[0],
            "traceback": ['  File "/srv/comfyui/execution.py", line 498, in execute\n    run()\n'],
            "current_inputs": inputs,
            "current_outputs": list(self.executed),
        }

    def _entry(self, cached: list[str]) -> dict[str, Any]:
        good = self.job.state == "success"
        outputs, meta = {}, {}
        lost = self._on("lost_outputs_without_client_id") and self.job.client_id is None
        for node_id in self.job.graph:
            record = self.cache.record(self.closure, node_id, self._stale(node_id))
            if record is None or (lost and node_id in cached):
                continue
            outputs[node_id] = record
            ids = {"node_id": node_id, "display_node": node_id, "real_node_id": node_id}
            meta[node_id] = {**ids, "parent_node": None}
        status = {"status_str": "success" if good else "error", "completed": good, "messages": self.messages}
        return {"prompt": self.job.item, "outputs": outputs, "status": status, "meta": meta}
