"""Found: what a folder's captions came to, with every problem said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from animorch.errors import UsageError
from animorch.media.captions.folder import counted, listed

Kind = Literal["none", "beside", "lines", "table"]


@dataclass(frozen=True)
class Captions:
    """Clips with their captions, sorted by the clips' names.

    kind: a file beside each clip, lines of one file, or a CSV table. missing: clips without a caption.
    problems: sentences about everything else. clips: all that were looked at, captioned or not.
    """

    kind: Kind
    pairs: tuple[tuple[Path, str], ...] = ()
    missing: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()
    clips: tuple[Path, ...] = ()

    def sentences(self) -> list[str]:
        """Every problem, the missing captions among them."""
        if not self.missing:
            return list(self.problems)
        names = [clip.name for clip in self.missing]
        said = (
            f"{counted(names)} without a caption: {listed(names)}; write NAME.txt beside each, "
            "or let `animorch caption FOLDER` fill them in"
        )
        return [*self.problems, said]


def text_of(file: Path) -> str:
    """A caption file's text; raises UsageError when it is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{file} cannot be read as UTF-8 text ({error}); save it as UTF-8") from error
