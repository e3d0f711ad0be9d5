"""Filtered: a clip sent through ffmpeg's filters."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from animorch.clip import Clip
from animorch.errors import MediaError
from animorch.media import ffmpeg

_SHOWN = re.compile(r"^\[Parsed_showinfo[^\]]*\] n: *0 .* s:(\d+)x(\d+) ", re.MULTILINE)
_RATE = re.compile(r"^\[Parsed_showinfo[^\]]*\] config in .*frame_rate: (\d+)/(\d+)", re.MULTILINE)


def filtered(clip: Clip, *passes: str) -> Clip:
    """The clip after a chain of ffmpeg's filters, written as ffmpeg does: `deflicker=size=5,hqdn3d`.

    Several passes each start from the clip; files that one leaves (`vidstabdetect=result=moves`) are
    there for the next, and the pictures of the last are returned, at the rate that its filters state.
    No frame is dropped or doubled but by a filter. Raises MediaError when ffmpeg lacks a filter or it fails.
    """
    if not passes:
        raise MediaError("no filter was given; name at least one, as in deflicker=size=5")
    with tempfile.TemporaryDirectory() as folder:
        for filters in passes:
            made = _passed(clip, filters, Path(folder))
    return made


def _passed(clip: Clip, filters: str, folder: Path) -> Clip:
    import numpy as np

    source = ffmpeg.raw(clip.width, clip.height, clip.fps)
    result = ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    words = [*source, "-vf", f"{filters},format=rgb24,showinfo", *result]
    code, pictures, log = ffmpeg.capture(words, clip.frames.tobytes(), folder)
    shown, rate = _SHOWN.search(log), _RATE.search(log)
    if code or not shown or not pictures:
        raise MediaError(f"ffmpeg could not apply {filters.partition('=')[0]}: {_reason(log)}")
    frames = np.frombuffer(pictures, np.uint8).reshape(-1, int(shown[2]), int(shown[1]), 3).copy()
    stated = rate and int(rate[1]) and int(rate[2])
    return Clip(frames, int(rate[1]) / int(rate[2]) if rate and stated else clip.fps)


def _reason(log: str) -> str:
    """The line that names what is wrong; ffmpeg's last ones only say that it gave up."""
    missing = re.search(r"No such filter: '([^']*)'", log)
    if missing:
        return f"it has no filter {missing[1]}; install imageio-ffmpeg>=0.6, whose ffmpeg has it"
    lines = [line for line in log.splitlines() if line.strip() and "Error while filtering" not in line]
    told = [line for line in lines if re.search(r"[Ee]rror|[Ii]nvalid|[Uu]nable|not found|must", line)]
    return ffmpeg.last_line(told[0] if told else log)
