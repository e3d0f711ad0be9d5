"""file_name: the words that a file is called by."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from animorch import Captioner

_NOISE = re.compile(
    r"[0-9]+"  # numbering, dates, a stock site's id
    r"|(?=[a-f]*[0-9])[0-9a-f]{6,}"  # a hash
    r"|fps|[0-9]+fps|fps[0-9]+"
    r"|[0-9]+x[0-9]+|[0-9]+[pk]|u?hd|[hx]26[45]"  # the size and the codec
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")  # paperBoat


class FileName(Captioner):
    """`003_paper-boat_24fps_a3f09c.mp4` becomes `paper boat`; needs no weights."""

    name: ClassVar[str] = "file_name"

    def caption(self, path: Path) -> str:
        """The name's words in small letters, without numbers, hashes, rates and sizes."""
        name = path.name if path.is_dir() else path.stem
        words = re.findall(r"[^\W_]+(?:'[^\W_]+)?", _HUMP.sub(" ", name))
        return " ".join(word for word in map(str.lower, words) if not _NOISE.fullmatch(word))
