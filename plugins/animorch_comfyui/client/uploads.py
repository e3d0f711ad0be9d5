"""Uploads: pictures in a server's input folder, each sent once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from animorch_comfyui.built import Graph, Picture
from animorch_comfyui.client.failure import Refused, short

if TYPE_CHECKING:
    from animorch_comfyui.client.server import Server

FOLDER = "animorch"


class Uploads:
    """What this process has sent to one server, under the names that the server gave."""

    def __init__(self) -> None:
        self._sent: dict[str, str] = {}
        self._lock = Lock()

    def sent(self, pictures: Iterable[Picture], server: Server) -> dict[str, str]:
        """Send what is not there; the server's name by the graph's (`animorch/<name>`). Raises Refused."""
        with self._lock:
            for picture in pictures:
                if picture.name not in self._sent:
                    self._sent[picture.name] = _send(picture, server)
            return {f"{FOLDER}/{picture.name}": self._sent[picture.name] for picture in pictures}

    def forget(self) -> None:
        """The server's folder may have been emptied."""
        with self._lock:
            self._sent.clear()


def _send(picture: Picture, server: Server) -> str:
    data = picture.data()
    limit = server.features().get("max_upload_size")
    if isinstance(limit, int) and len(data) > limit:
        raise Refused(
            f"{server.url} takes uploads of {limit} bytes and a picture of this clip has {len(data)}; "
            "start it with a larger --max-upload-size"
        )
    answer = server.line.send(
        "POST",
        "upload/image",
        files={"image": (picture.name, data, "image/png")},
        data={"subfolder": FOLDER, "type": "input"},
    )
    if not answer.is_success:
        raise Refused(f"{server.url} does not take a picture ({answer.status_code} {short(answer.text)})")
    said = server.line.json(answer)
    if not isinstance(said, Mapping) or not said.get("name"):
        raise server.line.stranger(answer)
    folder = str(said.get("subfolder") or "").strip("/\\")
    return f"{folder}/{said['name']}" if folder else str(said["name"])


def renamed(graph: Graph, names: Mapping[str, str]) -> Graph:
    """A copy of the graph in which pictures have the server's names."""
    return {
        node: {**said, "inputs": {key: _name(value, names) for key, value in said["inputs"].items()}}
        for node, said in graph.items()
    }


def _name(value: Any, names: Mapping[str, str]) -> Any:
    return names.get(value, value) if isinstance(value, str) else value
