"""ffmpeg: the bundled program, run as a process of its own so that a crash cannot take a render down."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from animorch.errors import MediaError
from animorch.media.rate import rational
from animorch.media.stream import Stream

_NOISE = re.compile(
    r"^(\[[^\]]*\] *)*(Conversion failed|Nothing was written|Terminating thread|Task finished).*"
)


def write(stream: Stream, path: Path, options: Sequence[str], fps: float | None = None) -> None:
    """Pour frames into ffmpeg and have it write `path` with these options, one packet a frame.

    fps: instead of the stream's. Raises MediaError with ffmpeg's last line when it fails.
    """
    size, rate = f"{stream.width}x{stream.height}", str(rational(fps or stream.fps))
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-framerate", rate, "-i", "pipe:0"]
    _feed([*source, *options, "-fps_mode", "passthrough", url(path)], (frame.tobytes() for frame in stream))


def _feed(arguments: Sequence[str], pieces: Iterable[bytes]) -> None:
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


def capture(arguments: Sequence[str]) -> tuple[int, bytes, str]:
    """Run ffmpeg; its exit code, standard output, and log at level info."""
    command = [_program(), "-hide_banner", "-nostdin", "-nostats", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


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
