"""Captions: what a person says of each clip of a folder, found in one of three kinds and never mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from animorch.errors import UsageError
from animorch.media.captions import beside, lines, table
from animorch.media.captions.beside import files, place
from animorch.media.captions.folder import FILMS, clips_in, stem
from animorch.media.captions.found import Captions

__all__ = ["Captions", "captions_of", "clips_in", "files", "place"]


def captions_of(folder: Path | str, captions: Path | str | None = None) -> Captions:
    """The clips of a folder with their captions.

    captions: a file with a line a clip (.txt) or a table (.csv), looked for in the folder as well; null
    finds it: a file beside each clip, captions.txt, or the folder's only .csv. Raises UsageError when the
    folder or that file is not there; what is wrong in them is in `problems` and `missing`.
    """
    folder = Path(folder).expanduser()
    clips = clips_in(folder)
    if captions is not None:
        found = _of_file(_given(folder, Path(captions).expanduser()), folder, clips)
    else:
        found = _found(folder, clips)
    found = found if found.clips else replace(found, clips=tuple(clips))
    if found.clips or found.problems:
        return found
    endings = ", ".join(suffix[1:] for suffix in FILMS)
    nothing = f"{folder} holds no clips ({endings}, or folders of pictures; not in deeper folders)"
    return replace(found, problems=(nothing,))


def _found(folder: Path, clips: Sequence[Path]) -> Captions:
    whole = _whole(folder, clips)
    told = [clip for clip in clips if beside.files(clip)]
    kinds = [file.name for file in whole] + ([_beside(told)] if told else [])
    if len(kinds) > 1:
        mixed = f"{folder} has captions of several kinds: {', '.join(kinds)}"
        return Captions("none", problems=(f"{mixed}; keep one, or name the file to use",))
    return _of_file(whole[0], folder, clips) if whole else beside.read(folder, clips)


def _of_file(file: Path, folder: Path, clips: Sequence[Path]) -> Captions:
    try:
        if file.suffix.lower() == ".csv":
            return table.read(file, folder, clips)
        return lines.read(file, clips)
    except UsageError as error:
        return Captions("none", problems=(str(error),))


def _given(folder: Path, file: Path) -> Path:
    for found in (file, folder / file):
        if found.is_file():
            return found
    raise UsageError(f"there is no captions file at {file}; check the path, or leave it out")


def _whole(folder: Path, clips: Sequence[Path]) -> list[Path]:
    """Files that caption a whole folder; captions.txt beside a clip of that name is the clip's own."""
    stems = set(map(stem, clips))
    named = [folder / name for name in lines.NAMES if Path(name).stem not in stems]
    return [file for file in named if file.is_file()] + sorted(folder.glob("[!.]*.csv"))


def _beside(told: Sequence[Path]) -> str:
    first = beside.files(told[0])[0].name
    return f"{first} beside {told[0].name}"
