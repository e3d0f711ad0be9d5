"""Saving: what the output nodes write, and the record that history keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from . import pictures
from .closure import Closure, Shape
from .folders import Folders, Place
from .moods import Moods

Record = dict[str, Any]


@dataclass
class Saving:
    """The output nodes of one job: `number` is the job's, for the moods; `chunks` are embedded."""

    folders: Folders
    closure: Closure
    chunks: Mapping[str, Any]
    moods: Moods
    number: int

    def record(self, node_id: str) -> Record:
        """Writes what the node saves and returns its record."""
        node = self.closure.graph[node_id]
        given = node["inputs"]
        makers = {
            "SaveImage": lambda: self._images(given, "output", given.get("filename_prefix", "")),
            "PreviewImage": lambda: self._images(given, "temp", "ComfyUI_temp_double"),
            "SaveVideo": lambda: self._core_video(given),
            "SaveAnimatedWEBP": lambda: self._animation(given, "WEBP", "webp"),
            "SaveAnimatedPNG": lambda: self._animation(given, "PNG", "png"),
            "VHS_VideoCombine": lambda: self._combined(given),
        }
        return makers[node["class_type"]]()

    def _on(self, mood: str) -> bool:
        return self.moods.on(mood, self.number)

    def _frames(self, link: list[Any]) -> pictures.Frames:
        shape = self.closure.shape(link[0])
        node = self.closure.graph[link[0]]
        if node["class_type"] == "LoadImage":
            with Image.open(self.folders.picture(node["inputs"]["image"])) as loaded:
                return [np.asarray(loaded.convert("RGB"))]
        count = (shape.frames - 1 or 2) if self._on("wrong_frame_count") else shape.frames
        width = shape.width + 8 if self._on("wrong_size") else shape.width
        return pictures.frames(self.closure.key(link[0]), count, width, shape.height)

    def _place(self, kind: str, prefix: str, frame: np.ndarray) -> Place:
        height, width = frame.shape[:2]
        return self.folders.place(kind, prefix, width, height)

    def _images(self, given: dict[str, Any], kind: str, prefix: str) -> Record:
        made = self._frames(given["images"])
        place = self._place(kind, prefix, made[0])
        items = []
        for index, frame in enumerate(made):
            name = f"{place.name.replace('%batch_num%', str(index))}_{place.counter + index:05}_.png"
            self._write(place.folder / name, pictures.png(frame, self.chunks), spoilt=index == len(made) // 2)
            items.append(_item(name, place, kind))
        return {"images": items}

    def _write(self, path: Path, data: bytes, spoilt: bool) -> None:
        if spoilt and self._on("missing_file"):
            return
        path.write_bytes(data[: len(data) // 2] if spoilt and self._on("truncated_png") else data)

    def _core_video(self, given: dict[str, Any]) -> Record:
        source = self.closure.graph[given["video"][0]]["inputs"]
        made = self._frames(source["images"])
        place = self._place("output", given["filename_prefix"], made[0])
        name = f"{place.name}_{place.counter:05}_.mp4"
        self._video(place.folder / name, made, "video/h264-mp4", float(source["fps"]))
        return {"images": [_item(name, place, "output")], "animated": [True]}

    def _animation(self, given: dict[str, Any], kind: str, ending: str) -> Record:
        made = self._frames(given["images"])
        place = self._place("output", given["filename_prefix"], made[0])
        name = f"{place.name}_{place.counter:05}_.{ending}"
        (place.folder / name).write_bytes(pictures.animation(made, kind, float(given["fps"])))
        return {"images": [_item(name, place, "output")], "animated": [len(made) != 1]}

    def _video(self, path: Path, made: pictures.Frames, form: str, fps: float) -> None:
        empty = self._on("zero_video") or "nvenc" in form
        if empty:
            path.write_bytes(b"")
        else:
            pictures.video(path, made, form, fps, self.chunks)

    def _combined(self, given: dict[str, Any]) -> Record:
        made = self._frames(given["images"])
        if given.get("pingpong"):
            made = made + made[-2:0:-1]
        kind = "output" if given.get("save_output", True) else "temp"
        place = self._place(kind, given["filename_prefix"], made[0])
        stem, form, fps = f"{place.name}_{place.counter:05}", given["format"], float(given["frame_rate"])
        companion = f"{stem}.png"
        chunks = {**self.chunks, "CreationTime": "2026-01-01 00:00:00"}
        (place.folder / companion).write_bytes(pictures.png(made[0], chunks))
        if form.endswith("bit-png"):
            name = f"{stem}.%03d.png"
            for index, frame in enumerate(made, 1):
                (place.folder / f"{stem}.{index:03}.png").write_bytes(pictures.png(frame, {}))
        else:
            name = f"{stem}.{pictures.ending(form)}"
            self._video(place.folder / name, made, form, fps)
        item = {**_item(name, place, kind), "format": form, "frame_rate": fps, "workflow": companion}
        return {"gifs": [{**item, "fullpath": str(place.folder / name)}]}


def written(shape: Shape, given: dict[str, Any]) -> int:
    """How many frames VHS says that it writes."""
    return shape.frames * 2 - 2 if given.get("pingpong") and shape.frames > 1 else shape.frames


def _item(name: str, place: Place, kind: str) -> Record:
    return {"filename": name, "subfolder": place.subfolder, "type": kind}
