"""Results: the files of a finished job, each looked at before it counts as the clip that was asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from animorch import BackendError, Clip, MediaError, decoded
from animorch_comfyui.built import Built
from animorch_comfyui.client.failure import Stale, named, short
from animorch_comfyui.client.server import Server
from animorch_comfyui.client.submission import prefix

if TYPE_CHECKING:
    from PIL.Image import Image

Item = Mapping[str, Any]  # filename, subfolder, type
_NUMBER = re.compile(r"(\d+)_?\.[^.]+$")


@dataclass(frozen=True)
class Asked:
    """The clip's size, in frames and pixels."""

    frames: int
    width: int
    height: int


def items(entry: Mapping[str, Any], node: str) -> list[Item]:
    """Files that an output node names, under whatever word."""
    outputs = (entry.get("outputs") or {}).get(node)
    lists = outputs.values() if isinstance(outputs, Mapping) else ()
    return [
        item
        for listed in lists
        if isinstance(listed, list)
        for item in listed
        if isinstance(item, Mapping) and isinstance(item.get("filename"), str) and "type" in item
    ]


def clip_of(
    server: Server, built: Built, job: str, entry: Mapping[str, Any], asked: Asked, beat: Callable[[], None]
) -> Clip:
    """The frames, fetched and compared with what was asked. Raises Stale, Gone or BackendError."""
    import numpy as np

    listed = items(entry, built.frames)
    if len(listed) != asked.frames:
        raise BackendError(
            f"{server.url} made {len(listed)} frames at {named(built, built.frames)}; {asked.frames} were "
            "asked for"
        )
    own = "filename_prefix" in built.graph[built.frames]["inputs"]
    if own:
        _in_order(server, listed, job)
    frames = np.empty((asked.frames, asked.height, asked.width, 3), np.uint8)
    for place, item in enumerate(listed):
        beat()
        with _opened(server, item, server.view(item)) as picture:
            if own:
                _of_this_run(server, picture, built, job)
            frames[place] = _pixels(server, item, picture, asked)
    return Clip(frames)


def _in_order(server: Server, listed: list[Item], job: str) -> None:
    """Files lie in the job's own folder, numbered one after the other."""
    folder = prefix(job).rpartition("/")[0]
    if any(str(item.get("subfolder", "")).replace("\\", "/").strip("/") != folder for item in listed):
        raise Stale(f"{server.url} names files of another run for this clip")
    found = [_NUMBER.search(item["filename"]) for item in listed]
    numbers = [int(match[1]) for match in found if match]
    first = min(numbers, default=0)
    if numbers != list(range(first, first + len(listed))):
        raise BackendError(
            f"{server.url} names this clip's frames out of order, from {listed[0]['filename']}"
        )


def _opened(server: Server, item: Item, data: bytes) -> Image:
    from PIL import Image, UnidentifiedImageError

    name = item["filename"]
    if not data:
        raise BackendError(f"{server.url} made an empty file {name}; its disk may be full")
    try:
        picture = Image.open(BytesIO(data))
        picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BackendError(f"{server.url} made a broken picture {name} ({short(error)})") from error
    return picture


def _of_this_run(server: Server, picture: Image, built: Built, job: str) -> None:
    """The graph in the file says where this job's files go; a server may be told to write none."""
    text = getattr(picture, "text", {}).get("prompt")
    if text is None:
        return
    try:
        said = json.loads(text)[built.frames]["inputs"]["filename_prefix"]
    except (ValueError, LookupError, TypeError):
        said = None
    if said != prefix(job):
        raise Stale(f"{server.url} gave a picture that another run made ({short(said)})")


def _pixels(server: Server, item: Item, picture: Image, asked: Asked) -> Any:
    import numpy as np

    if picture.size != (asked.width, asked.height):
        found = "x".join(map(str, picture.size))
        raise BackendError(
            f"{server.url} made frames of {found} pixels; {asked.width}x{asked.height} were asked for"
        )
    if picture.format != "PNG" or picture.mode != "RGB":
        raise BackendError(
            f"{server.url} made {item['filename']} as {picture.format} {picture.mode}; frames are PNG "
            "files of 8-bit RGB, as SaveImage makes of a picture without transparency"
        )
    return np.asarray(picture)


def films(server: Server, built: Built, entry: Mapping[str, Any]) -> Iterator[str]:
    """What the further output nodes made, in words; raises BackendError for a file that cannot be played."""
    for node in built.also:
        listed = items(entry, node)
        if not listed:
            raise BackendError(f"{server.url} made no file at {named(built, node)}; see the server's log")
        for item in listed:
            yield _film(server, built, node, item)


def _film(server: Server, built: Built, node: str, item: Item) -> str:
    name, data = Path(item["filename"]).name, server.view(item)
    if not data:
        raise BackendError(
            f"{server.url} made an empty {name} at {named(built, node)}; its machine may lack that encoder, "
            "try another backend.video"
        )
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"film{Path(name).suffix}"
        path.write_bytes(data)
        try:
            count = len(decoded(path))
        except MediaError as error:
            raise BackendError(
                f"{server.url} made {name}, which cannot be played ({short(error)})"
            ) from error
    return f"{item.get('subfolder') or ''}/{name}".lstrip("/") + f" ({count} frames, {len(data)} bytes)"
