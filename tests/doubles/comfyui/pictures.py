"""Pictures: frames that are a function of a key, and the files that hold them."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

_BLOCKS = 8
_CODECS: dict[str, tuple[str, list[str]]] = {
    "video/h264-mp4": ("mp4", ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]),
    "video/h265-mp4": ("mp4", ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]),
    "video/webm": ("webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-pix_fmt", "yuv420p"]),
    "video/av1-webm": ("webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-pix_fmt", "yuv420p"]),
    "video/ffv1-mkv": ("mkv", ["-c:v", "ffv1"]),
    "video/ProRes": ("mov", ["-c:v", "prores_ks"]),
    "video/ffmpeg-gif": ("gif", []),
}
Frames = list[np.ndarray]


def frames(key: str, count: int, width: int, height: int) -> Frames:
    """`count` pictures, uint8 (height, width, 3): coarse blocks from the key, moving by one block a frame.

    Frame i of a key is the same whatever the count; another key gives other pixels in every frame.
    """
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    blocks = np.random.default_rng(seed).integers(0, 256, (_BLOCKS, _BLOCKS, 3), dtype=np.uint8)
    rows = np.arange(height) * _BLOCKS // height
    columns = np.arange(width) * _BLOCKS // width
    made = []
    for index in range(count):
        moved = np.roll(blocks, index, axis=1)
        moved[0, 0] = (index * 7 % 256, index % 256, index // 256 % 256)
        made.append(moved[rows][:, columns])
    return made


def png(frame: np.ndarray, chunks: Mapping[str, Any]) -> bytes:
    """A PNG with one text chunk of JSON a key."""
    info = PngInfo()
    for key, value in chunks.items():
        info.add_text(key, json.dumps(value))
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "PNG", pnginfo=info, compress_level=1)
    return file.getvalue()


def jpeg(frame: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG")
    return file.getvalue()


def animation(pictures: Sequence[np.ndarray], kind: str, fps: float) -> bytes:
    """An animated WEBP, GIF or PNG; `kind` is Pillow's name of the format."""
    file = io.BytesIO()
    first, *others = [Image.fromarray(each) for each in pictures]
    first.save(file, kind, save_all=True, append_images=others, duration=round(1000 / fps), loop=0)
    return file.getvalue()


def ending(form: str) -> str:
    """The file's ending for a VHS format."""
    if form.startswith("image/"):
        return form.removeprefix("image/")
    return _CODECS[form][0] if form in _CODECS else "mp4"


def video(path: Path, pictures: Sequence[np.ndarray], form: str, fps: float, tags: Mapping[str, Any]) -> None:
    """Writes a video of a VHS format, with one container tag of JSON a key."""
    if form in {"image/gif", "image/webp"}:
        path.write_bytes(animation(pictures, form.removeprefix("image/").upper(), fps))
        return
    from imageio_ffmpeg import get_ffmpeg_exe

    name, codec = _CODECS[form]
    height, width = pictures[0].shape[:2]
    flags = ["-movflags", "use_metadata_tags"] if name in {"mp4", "mov"} else []
    told = [word for key, value in tags.items() for word in ("-metadata", f"{key}={json.dumps(value)}")]
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "-"]
    even = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"]
    quiet = [get_ffmpeg_exe(), "-v", "error", "-threads", "1"]
    command = [*quiet, "-y", *source, *even, *codec, *told, *flags, str(path)]
    raw = b"".join(each.tobytes() for each in pictures)
    subprocess.run(command, input=raw, check=True)
