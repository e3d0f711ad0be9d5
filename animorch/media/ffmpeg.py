"""ffmpeg: the bundled program, run as a process of its own so that a crash cannot take a render down."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from animorch.errors import MediaError
from animorch.media.rate import rational
from animorch.media.stream import Stream

_NOISE = re.compile(
    r"^(\[[^\]]*\] *)*(Conversion failed|Nothing was written|Terminating thread|Task finished).*"
)


def write(stream: Stream, path: Path, options: Sequence[str]) -> None:
    """Pour frames into ffmpeg and have it write `path` with these options, one packet a frame.

    Raises MediaError with ffmpeg's last line when it fails.
    """
    source = raw(stream.width, stream.height, stream.fps)
    pour([*source, *options, "-fps_mode", "passthrough", url(path)], (frame.tobytes() for frame in stream))


def raw(width: int, height: int, fps: float, pixels: str = "rgb24") -> list[str]:
    """Options that say what comes through standard input: bare frames of this size, rate and pixel format."""
    size, rate = f"{width}x{height}", str(rational(fps))
    return ["-f", "rawvideo", "-pix_fmt", pixels, "-s", size, "-framerate", rate, "-i", "pipe:0"]


def pour(arguments: Sequence[str], pieces: Iterable[bytes]) -> None:
    """Run ffmpeg with these pieces as its standard input; raises MediaError with its last line."""
    command = [_program(), "-hide_banner", "-nostdin", "-y", "-loglevel", "error", *arguments]
    with tempfile.TemporaryFile() as log:
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log
        ) as process:
            try:
                _pour(process, pieces)
                process.wait()
            except BaseException:
                process.kill()
                raise
        log.seek(0)
        if process.returncode:
            raise MediaError(f"ffmpeg could not write the clip: {last_line(log.read())}")


def _pour(process: subprocess.Popen[bytes], pieces: Iterable[bytes]) -> None:
    assert process.stdin is not None
    try:
        for piece in pieces:
            process.stdin.write(piece)
        process.stdin.close()
    except BrokenPipeError:
        pass  # ffmpeg ended early; its exit code and its log say why


def capture(
    arguments: Sequence[str], given: bytes = b"", folder: Path | None = None
) -> tuple[int, bytes, str]:
    """Run ffmpeg; its exit code, standard output, and log at level info.

    given: its standard input. folder: where it runs, for filters that leave files.
    """
    command = [_program(), "-hide_banner", "-nostdin", "-nostats", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, check=False, cwd=folder)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


@lru_cache(maxsize=1)
def encoders() -> frozenset[str]:
    """Names of the encoders that this ffmpeg has (libsvtav1, libx264 …)."""
    _, listed, _ = capture(["-encoders"])
    return frozenset(re.findall(r"^ V\S{5} (\S+)", listed.decode("utf-8", "replace"), re.MULTILINE))


@lru_cache(maxsize=1)
def filters() -> frozenset[str]:
    """Names of the filters that this ffmpeg has (ssim, libvmaf …)."""
    _, listed, _ = capture(["-filters"])
    return frozenset(re.findall(r"^ \S{2,3} (\S+) +\S+->", listed.decode("utf-8", "replace"), re.MULTILINE))


def url(path: Path) -> str:
    """A path as ffmpeg takes it, whatever characters it holds (a colon would name a protocol)."""
    return f"file:{path}"


def last_line(log: bytes | str) -> str:
    """The last line of a log that says what went wrong."""
    text = log if isinstance(log, str) else log.decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _NOISE.match(line.strip())]
    return re.sub(r"^(\[[^\]]*\] *)+", "", lines[-1]) if lines else "it gave no reason"


def _program() -> str:
    from imageio_ffmpeg import get_ffmpeg_exe

    try:
        return str(get_ffmpeg_exe())
    except RuntimeError as error:
        raise MediaError("no ffmpeg was found; install it with `pip install imageio-ffmpeg`") from error
