"""Visitor: the plainest client of the protocol, and graphs for it to send."""

from __future__ import annotations

import copy
import io
import json
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import numpy as np
from PIL import Image
from websockets.sync.client import ClientConnection, connect

Graph = dict[str, Any]
_PATIENCE = 10.0  # seconds until a job has to be done


def example() -> Graph:
    """The graph that ran as it stands on a real server: 8 frames of 64 pixels, travel, window and video."""
    graph: Graph = json.loads((Path(__file__).parent / "example.json").read_text("utf-8"))
    return graph


def small(**changes: Any) -> Graph:
    """The example without its video, with 2 frames and no window; `changes` as for `changed`."""
    graph = example()
    del graph["video"], graph["ctx"], graph["ad"]["inputs"]["context_options"]
    graph["latent"]["inputs"]["batch_size"] = 2
    return changed(graph, **changes)


def changed(graph: Graph, **changes: Any) -> Graph:
    """A copy with other inputs, written `node__input=value`."""
    graph = copy.deepcopy(graph)
    for where, value in changes.items():
        node, _, name = where.partition("__")
        graph[node]["inputs"][name] = value
    return graph


class Visitor:
    """One client: HTTP by `http`, and on request a socket whose messages it collects."""

    def __init__(self, url: str, client_id: str = "visitor") -> None:
        self.url, self.client_id = url, client_id
        self.http = httpx.Client(base_url=url, timeout=_PATIENCE)
        self._open = ExitStack()

    def __enter__(self) -> Visitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self.http.close()

    def socket(self, client_id: str | None = None) -> ClientConnection:
        """A new socket; it is closed with the visitor."""
        address = f"{self.url.replace('http', 'ws')}/ws?clientId={client_id or self.client_id}"
        return self._open.enter_context(connect(address, proxy=None, max_queue=None))

    def submit(self, graph: Graph, **more: Any) -> httpx.Response:
        """POST /prompt; `more` are further keys of its body."""
        body = {"prompt": graph, "client_id": self.client_id, **more}
        return self.http.post(
            "/prompt", json={key: value for key, value in body.items() if value is not None}
        )

    def queued(self, graph: Graph, **more: Any) -> str:
        """Submits and returns the prompt_id of the answer."""
        return str(self.submit(graph, **more).json()["prompt_id"])

    def ended(self, prompt_id: str) -> dict[str, Any]:
        """The job's entry in history, once it is there."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            entry = self.http.get(f"/history/{prompt_id}").json().get(prompt_id)
            if entry:
                return dict(entry)
            time.sleep(0.005)
        raise TimeoutError(f"{prompt_id} did not end")

    def run(self, graph: Graph, **more: Any) -> dict[str, Any]:
        """Submits and waits for the entry in history."""
        return self.ended(self.queued(graph, **more))

    def until_done(self, socket: ClientConnection, prompt_id: str) -> list[Any]:
        """Messages up to `executing` with node null: `(type, data)`, and bytes as they are."""
        return self.until(socket, "executing", {"node": None, "prompt_id": prompt_id})

    def until(self, socket: ClientConnection, kind: str, data: dict[str, Any] | None = None) -> list[Any]:
        """Messages up to the first of this kind, with this data when there is any."""
        heard: list[Any] = []
        while True:
            message = socket.recv(_PATIENCE)
            if isinstance(message, bytes):
                heard.append(message)
                continue
            told = json.loads(message)
            heard.append((told["type"], told["data"]))
            if told["type"] == kind and data in (None, told["data"]):
                return heard

    def view(self, item: dict[str, Any]) -> httpx.Response:
        """A file of a record."""
        return self.http.get("/view", params={key: item[key] for key in ("filename", "subfolder", "type")})

    def frames(self, entry: dict[str, Any], node: str = "frames") -> list[np.ndarray]:
        """The pictures that a node saved."""
        files = [self.view(item).content for item in entry["outputs"][node]["images"]]
        return [np.asarray(Image.open(io.BytesIO(each))) for each in files]
