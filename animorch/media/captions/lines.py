"""Lines: one text file with a caption a line, for the clips in sorted order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from animorch.media.captions.folder import listed
from animorch.media.captions.found import Captions, text_of

NAMES = ("captions.txt", "caption.txt")


def read(file: Path, clips: Sequence[Path]) -> Captions:
    """Line by line; a count that differs pairs nothing, since one lost line would shift all that follow."""
    text = text_of(file).replace("\r\n", "\n")
    lines = [" ".join(line.split()) for line in text.removesuffix("\n").split("\n")] if text else []
    blank = [str(number) for number, line in enumerate(lines, start=1) if not line]
    if len(lines) != len(clips):
        said = f"{file.name} has {len(lines)} lines and the folder {len(clips)} clips"
        said += f" (blank lines count: {listed(blank)})" if blank else ""
        return Captions("lines", problems=(f"{said}; write a line a clip, in the order of their names",))
    problems = [
        f"line {number} of {file.name} is blank and belongs to {clips[int(number) - 1].name}; write a caption"
        for number in blank[:10]
    ]
    if len(blank) > 10:
        problems.append(f"{len(blank) - 10} more lines of {file.name} are blank")
    pairs = tuple((clip, line) for clip, line in zip(clips, lines, strict=True) if line)
    return Captions("lines", pairs, problems=tuple(problems))
