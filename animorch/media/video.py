"""Video files: mp4 (H.264 or AV1), webm (VP9) and mkv (FFV1, lossless), through ffmpeg."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from animorch.clip import Clip
from animorch.errors import MediaError
from animorch.media import av1, ffmpeg
from animorch.media.stream import Stream

AV1 = ".av1.mp4"
KEY, COUNT = "animorch", "animorch_frames"  # tags: the metadata's JSON text, the number of frames written

_H264 = {"draft": ("veryfast", "28"), "good": ("medium", "18"), "best": ("slow", "12")}
_VP9 = {"draft": ("8", "40"), "good": ("4", "28"), "best": ("2", "16")}
# Untagged H.264 is guessed to be BT.601 or BT.709 by its size; say which, and convert to that one.
_COLOUR = (
    *("-vf", "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int+bicubic"),
    *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
)

_FLAGS = ("-movflags", "+faststart+use_metadata_tags")  # of an mp4
_STRICT = ("-xerror", "-err_detect", "explode", "-i")
_FRAMES_AND_FACTS = (  # one start of ffmpeg: all frames to the pipe, size and rate of the first to the log
    *("-map", "[all]", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"),
    *("-map", "[facts]", "-f", "null", "-"),
)


def write(stream: Stream, path: Path, text: str, quality: str) -> None:
    """Encode by the path's suffix (.mp4, .webm, .mkv), with `text` under the tag `animorch`.

    Width and height are kept. A path that ends in .av1.mp4 holds AV1. H.264 yuv420p has even sizes
    only, so a clip of odd width or height becomes yuv444p, which some browsers do not play; webm
    plays in all.
    """
    with tempfile.TemporaryDirectory() as folder:
        tags = Path(folder) / "tags.txt"  # a file, since one argument is limited to 128 KiB on Linux
        tags.write_text(_tags({KEY: text, COUNT: str(stream.count)}), encoding="utf-8")
        tagged = ["-f", "ffmetadata", "-i", ffmpeg.url(tags), "-map", "0:v", "-map_metadata", "1"]
        exact = ["-fflags", "+bitexact", "-flags:v", "+bitexact"]  # the same frames give the same file
        ffmpeg.write(stream, path, [*tagged, *_codec(path, stream, quality), *exact])


def _codec(path: Path, stream: Stream, quality: str) -> list[str]:
    suffix = path.suffix.lower()
    if path.name.lower().endswith(AV1):
        return [*_COLOUR, *av1.codec(stream.width, stream.height, quality), *_FLAGS]
    if suffix == ".mkv":
        return ["-c:v", "ffv1", "-level", "3", "-g", "1", "-slicecrc", "1", "-pix_fmt", "bgr0"]
    if suffix == ".webm":
        speed, crf = _VP9[quality]
        effort = ["-deadline", "good" if speed < "5" else "realtime", "-cpu-used", speed, "-row-mt", "1"]
        return [*_COLOUR, "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-b:v", "0", "-crf", crf, *effort]
    preset, crf = _H264[quality]
    pixels = "yuv444p" if stream.width % 2 or stream.height % 2 else "yuv420p"
    return [*_COLOUR, "-c:v", "libx264", "-preset", preset, "-crf", crf, "-pix_fmt", pixels, *_FLAGS]


def _tags(tags: dict[str, str]) -> str:
    """The ffmetadata form (ffmpeg-formats, "Metadata"): `=`, `;`, `#`, `\\` and newline take a backslash."""
    lines = (f"{key}=" + re.sub(r"([=;#\\\n])", r"\\\1", value) for key, value in tags.items())
    return "\n".join([";FFMETADATA1", *lines, ""])


def read(path: Path, filters: str = "") -> Clip:
    """Every frame, none dropped or doubled, at the container's rate; or what ffmpeg's `filters` leave.

    Raises MediaError when the file is no video, or holds fewer frames than its tag promises.
    """
    import numpy as np

    graph = f"[0:v:0]{filters}{',' * bool(filters)}split[all][one];[one]trim=end_frame=1,showinfo[facts]"
    words = [*_STRICT, ffmpeg.url(path), "-filter_complex", graph, *_FRAMES_AND_FACTS]
    code, raw, log = ffmpeg.capture(words)
    if not code and not raw and filters:
        raise MediaError(f"{path} has no frame where one was asked for; lower start")
    shown = re.search(r"^\[Parsed_showinfo[^\]]*\] n: *0 .* s:(\d+)x(\d+) ", log, re.MULTILINE)
    if code or not shown or not raw:
        raise _unreadable(path, log)
    width, height = int(shown[1]), int(shown[2])
    frames = np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3).copy()  # torch wants it writable
    if not filters:
        _check_count(path, len(frames), log)
    return Clip(frames, _rate(log))


def _rate(log: str) -> float:
    found = re.search(r"^\[Parsed_showinfo[^\]]*\] config in .*frame_rate: (\d+)/(\d+)", log, re.MULTILINE)
    if not found or not int(found[1]) or not int(found[2]):
        return Clip.fps  # a foreign file that does not say
    return int(found[1]) / int(found[2])


def _check_count(path: Path, found: int, log: str) -> None:
    promised = re.search(rf"^ *{COUNT} *: (\d+)$", log, re.MULTILINE | re.IGNORECASE)
    if promised and int(promised[1]) != found:
        raise MediaError(
            f"{path} should hold {promised[1]} frames and {found} could be read: "
            "the file is truncated or damaged; render it again"
        )


def _unreadable(path: Path, log: str) -> MediaError:
    return MediaError(
        f"{path} could not be read as a video ({ffmpeg.last_line(log)}); "
        "check that it is one, or render it again"
    )


def inspect(path: Path) -> tuple[int, int, dict[str, str]]:
    """Width, height and tags (keys in lower case) from the file's header, no frame decoded."""
    code, raw, log = ffmpeg.capture(["-i", ffmpeg.url(path), "-f", "ffmetadata", "pipe:1"])
    shape = re.search(r"^ *Stream #0:\d+.*: Video: .*?, (\d+)x(\d+)", log, re.MULTILINE)
    if code or not shape:
        raise _unreadable(path, log)
    return int(shape[1]), int(shape[2]), _parsed(raw.decode("utf-8", "replace"))


def _parsed(text: str) -> dict[str, str]:
    pairs = re.findall(r"^([^=;#\\\n]+)=([^\\\n]*(?:\\.[^\\\n]*)*)$", text, re.MULTILINE | re.DOTALL)
    return {key.lower(): re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL) for key, value in pairs}
