"""AV1: which of ffmpeg's encoders makes it, and how."""

from __future__ import annotations

from animorch.errors import MediaError
from animorch.media import ffmpeg

_SMALLEST = 16  # pixels a side that SVT-AV1 takes
_SVT = {"draft": ("10", "45"), "good": ("8", "28"), "best": ("4", "16")}  # preset, crf
_AOM = {"draft": ("8", "45"), "good": ("6", "28"), "best": ("4", "16")}  # cpu-used, crf


def codec(width: int, height: int, quality: str) -> list[str]:
    """ffmpeg's options: SVT-AV1, or libaom (about five times slower) where that is missing or the clip tiny.

    Both take odd sizes as yuv420p. Raises MediaError when ffmpeg has neither.
    """
    here = ffmpeg.encoders()
    if "libsvtav1" in here and min(width, height) >= _SMALLEST:
        preset, crf = _SVT[quality]
        return ["-c:v", "libsvtav1", "-preset", preset, "-crf", crf, "-pix_fmt", "yuv420p"]
    if "libaom-av1" in here:
        speed, crf = _AOM[quality]
        effort = ["-cpu-used", speed, "-crf", crf, "-b:v", "0", "-row-mt", "1"]
        return ["-c:v", "libaom-av1", *effort, "-pix_fmt", "yuv420p"]
    raise MediaError(
        "AV1 was asked for and this ffmpeg has neither libsvtav1 nor libaom-av1; "
        "install imageio-ffmpeg>=0.6 and unset IMAGEIO_FFMPEG_EXE, or choose mp4 or webm"
    )
