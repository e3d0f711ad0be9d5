"""Media: frames as the files that a server sends."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.doubles.a1111.pixels import Frames

ENDINGS = {"jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP", "png": "PNG"}


def picture(frame: Frames, infotext: str, settings: Mapping[str, Any]) -> bytes:
    """One frame as samples_format says; a PNG has the infotext in its `parameters` chunk."""
    from PIL import Image, PngImagePlugin

    kind, buffer = ENDINGS[settings["samples_format"]], io.BytesIO()
    if kind == "PNG":
        chunk = PngImagePlugin.PngInfo()
        chunk.add_text("parameters", infotext)
        Image.fromarray(frame).save(buffer, "PNG", pnginfo=chunk)
    else:
        Image.fromarray(frame).save(buffer, kind, quality=settings["jpeg_quality"])
    return buffer.getvalue()


def video(kind: str, frames: Frames, fps: float, loop: int, infotext: str, crf: int) -> bytes:
    """The frames as GIF, MP4, WEBP or WEBM, with the infotext in its comment."""
    if kind in ("GIF", "WEBP"):
        return _animated(kind, frames, fps, loop, infotext)
    if kind == "MP4":
        codec = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-crf", str(crf)]
        codec += ["-movflags", "frag_keyframe+empty_moov", "-f", "mp4"]
    else:
        codec = ["-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-deadline", "realtime", "-f", "webm"]
    return _encoded(codec, frames, fps, infotext)


def _animated(kind: str, frames: Frames, fps: float, loop: int, infotext: str) -> bytes:
    """GIF delays are whole hundredths of a second, rounded down."""
    from PIL import Image

    first, *others = [Image.fromarray(frame) for frame in frames]
    buffer = io.BytesIO()
    delay = int(100 / fps) * 10 if kind == "GIF" else int(1000 / fps)
    told: dict[str, Any] = {"comment": infotext} if kind == "GIF" else {"exif": _exif(infotext)}
    first.save(buffer, kind, save_all=True, append_images=others, duration=delay, loop=loop, **told)
    return buffer.getvalue()


def _exif(infotext: str) -> Any:
    from PIL import Image

    exif = Image.Exif()
    exif[0x9286] = b"UNICODE\0" + infotext.encode("utf-16-be")
    return exif


def _encoded(codec: list[str], frames: Frames, fps: float, infotext: str) -> bytes:
    import imageio_ffmpeg

    _, height, width, _ = frames.shape
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "-"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source]
    command += ["-threads", "1", "-metadata", f"comment={infotext}", *codec, "-"]
    data = np.ascontiguousarray(frames).tobytes()
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
