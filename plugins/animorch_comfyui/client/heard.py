"""Heard: what the websocket told of one job: how far it is, and that it ended."""

from __future__ import annotations

from threading import Event, Lock
from time import monotonic
from typing import Any

from animorch_comfyui.built import Built
from animorch_comfyui.client.socket import Message

MOST = 20_000  # messages that are kept
_ENDS = ("execution_success", "execution_error", "execution_interrupted")


class Heard:
    """Filled in the socket's thread, read in the render's. `steps` only grows."""

    def __init__(self, built: Built) -> None:
        self._built = built
        self._lock = Lock()
        self._passed: dict[str, int] = {}  # steps of passes that a sampler has ended (FreeInit has several)
        self._at: dict[str, tuple[int, int]] = {}  # value and max of the pass that it is in
        self._messages: list[tuple[float, Message]] = []
        self.news = Event()
        self.latest = monotonic()  # the last sign of life
        self.ended: str | None = None  # the kind of message that said so

    def __call__(self, message: Message) -> None:
        kind, data = str(message.get("type")), message["data"]
        with self._lock:
            self.latest = monotonic()
            if len(self._messages) < MOST:
                self._messages.append((self.latest, message))
            if kind == "progress":
                self._progress(str(data.get("node")), data.get("value"), data.get("max"))
            if kind in _ENDS:
                self.ended = kind
            elif kind == "executing" and data.get("node") is None:
                self.ended = self.ended or kind
        if kind == "progress" or self.ended:
            self.news.set()

    def _progress(self, node: str, value: Any, most: Any) -> None:
        if node not in self._built.samplers or not isinstance(value, (int, float)):
            return
        before, length = self._at.get(node, (0, 0))
        if value < before:
            self._passed[node] = self._passed.get(node, 0) + length
        self._at[node] = (int(value), int(most) if isinstance(most, (int, float)) else 0)

    @property
    def steps(self) -> int:
        """Denoising steps that are done."""
        with self._lock:
            done = sum(self._passed.values()) + sum(value for value, _ in self._at.values())
        return min(done, self._built.steps)

    def told(self) -> list[tuple[float, Message]]:
        """All messages, each with the time (of `monotonic`) at which it came."""
        with self._lock:
            return list(self._messages)

    def entry(self) -> dict[str, Any] | None:
        """What the history would say, from the messages; null unless they tell of an end."""
        messages = [message for _, message in self.told()]
        if self.ended is None:
            return None
        outputs = {
            str(message["data"].get("node")): message["data"].get("output") or {}
            for message in messages
            if message["type"] == "executed"
        }
        good = self.ended in ("execution_success", "executing")  # the latter with node null
        status = {
            "status_str": "success" if good else "error",
            "completed": good,
            "messages": [[message["type"], message["data"]] for message in messages],
        }
        return {"outputs": outputs, "status": status}
