"""Compared: how like a clip is to a reference of the same shape, frame by frame, as ffmpeg's filters say."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from animorch.clip import Clip
from animorch.errors import MediaError
from animorch.media import ffmpeg

# filter, what of its statistics is read; ffmpeg-filters says what each is
_SIMPLE = {"ssim": r"All:(\S+)", "psnr": r"psnr_avg:(\S+)", "xpsnr": r"^n: *\d+ +XPSNR y: *(\S+)"}
_FILTERS = {**{name: name for name in _SIMPLE}, "vmaf": "libvmaf"}
_REPORT = "report"


def comparisons() -> tuple[str, ...]:
    """Which of ssim, psnr, xpsnr and vmaf this ffmpeg has filters for."""
    return tuple(name for name, needed in _FILTERS.items() if needed in ffmpeg.filters())


def compared(clip: Clip, reference: Clip, measure: str) -> list[float]:
    """One number a frame, measured in YUV 4:4:4 of 8 bits.

    measure: `ssim` (of all planes, 1 is equal), `psnr` (of all planes, dB) or `xpsnr` (of luma, dB), both
    infinite when equal, or `vmaf` (model vmaf_v0.6.1, 0..100). Raises MediaError when the clips differ in
    size or length, or ffmpeg lacks the filter or it fails.
    """
    if clip.frames.shape != reference.frames.shape:
        raise MediaError(
            f"{measure} compares clips of one shape; found {_shape(clip)} "
            f"and a reference of {_shape(reference)}"
        )
    if measure not in comparisons():
        raise MediaError(f"this ffmpeg has no filter for {measure}; it has {', '.join(comparisons())}")
    with tempfile.TemporaryDirectory() as folder:
        _run(clip, reference, measure, Path(folder))
        report = (Path(folder) / _REPORT).read_text(encoding="utf-8")
    if measure == "vmaf":
        return [float(frame["metrics"]["vmaf"]) for frame in json.loads(report)["frames"]]
    return [float(number) for number in re.findall(_SIMPLE[measure], report, re.MULTILINE)]


def _run(clip: Clip, reference: Clip, measure: str, folder: Path) -> None:
    """Have ffmpeg leave its report in the folder; both clips go through one pipe, one above the other."""
    import numpy as np

    size = f"{clip.width}:{clip.height}"
    log = f"log_path={_REPORT}:log_fmt=json" if measure == "vmaf" else f"stats_file={_REPORT}"
    graph = (
        f"[0:v]split[x][y];[x]crop={size}:0:0,format=yuv444p[made];"
        f"[y]crop={size}:0:{clip.height},format=yuv444p[right];[made][right]{_FILTERS[measure]}={log}"
    )
    source = ffmpeg.raw(clip.width, 2 * clip.height, clip.fps)
    both = np.concatenate([clip.frames, reference.frames], axis=1).tobytes()
    words = [*source, "-filter_complex", graph, "-fps_mode", "passthrough", "-f", "null", "-"]
    code, _, said = ffmpeg.capture(words, both, folder)
    if code:
        raise MediaError(f"ffmpeg could not measure {measure}: {ffmpeg.last_line(said)}")


def _shape(clip: Clip) -> str:
    return f"{len(clip)} frames of {clip.width}x{clip.height}"
