"""Places: where the paths in a foreign config lead on this machine."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath

from animorch.commands.imports.draft import Draft

# the published SD1.5 motion modules by their files' names: family and length of the position table
_PUBLISHED = {
    "mm_sd_v14": ("v1", 24),
    "mm_sd_v15": ("v1", 24),
    "mm_sd_v15_v2": ("v2", 32),
    "v3_sd15_mm": ("v3", 32),
}


def placed(text: str, draft: Draft) -> str:
    """A path as it is found here: from this folder, else from a folder above the config.

    What is found nowhere stays as it was written, with a note. Backslashes of a relative Windows path are
    turned; a drive (I:\\clips) is left.
    """
    found = _found(text, draft)
    if found is not None:
        return _short(found)
    path = text if PureWindowsPath(text).drive else _turned(text).as_posix()
    draft.notes.append(f"{path} is not there; put it there, or correct the path in the recipe")
    return path


def _found(text: str, draft: Draft) -> Path | None:
    bases = (Path(), *draft.source.absolute().parents)
    return next((base / _turned(text) for base in bases if (base / _turned(text)).exists()), None)


def _turned(text: str) -> Path:
    """A relative path of Windows as one of this system."""
    windows = PureWindowsPath(text)
    return Path(text if windows.drive or "\\" not in text else windows.as_posix()).expanduser()


def _short(path: Path) -> str:
    """From the working folder where it lies inside."""
    whole, here = path.absolute(), Path.cwd()
    return (whole.relative_to(here) if whole.is_relative_to(here) else whole).as_posix()


def checkpoint(text: str, draft: Draft) -> None:
    """Stable Diffusion by its folder, file or hub id."""
    draft.choices["checkpoint"] = "local"
    draft.values.pop("checkpoint", None)
    owner, slash, name = text.partition("/")
    if _found(text, draft) is not None:
        draft.put("checkpoint.path", placed(text, draft))
    elif _turned(text).name.lower() == "stable-diffusion-v1-5":
        draft.choices["checkpoint"] = "sd15"
        draft.notes.append(f"{text} is not there as a folder, so checkpoint=sd15 is taken, the published one")
    elif slash and owner and name and not {"/", "."} & {*name} and owner not in (".", "..", "~", "models"):
        draft.put("checkpoint", {"path": None, "repo": text})
    else:
        draft.put("checkpoint.path", placed(text, draft))


def motion(text: str, draft: Draft) -> None:
    """A motion module by its file; a published one's name tells what it is."""
    draft.choices["motion"] = "local"
    draft.put("motion.path", placed(text, draft))
    family, table = _PUBLISHED.get(_turned(text).stem, (None, None))
    if family:
        draft.put("motion.family", family)
        draft.put("motion.table", table)


def clips(paths: list[str], captions: list[str], draft: Draft) -> None:
    """Listed films become a table beside the recipe; one that is listed twice is taken once."""
    found = [placed(path, draft) for path in paths]
    pairs = dict(zip(found, captions, strict=True))
    if again := len(found) - len(pairs):
        draft.notes.append(
            f"{again} of {len(found)} clips are listed again, which weighs them more; each is taken once "
            "(copy a file to keep its weight)"
        )
    common = _common(list(pairs))
    draft.put("data.folder", common)
    inside = Path(common).absolute()
    for path, caption in pairs.items():
        drive = PureWindowsPath(path).drive
        draft.rows.append((path if drive else _relative(Path(path).absolute(), inside), caption))


def _relative(whole: Path, folder: Path) -> str:
    return (whole.relative_to(folder) if whole.is_relative_to(folder) else whole).as_posix()


def _common(paths: list[str]) -> str:
    """The deepest folder that holds all; this one where they share none that exists."""
    try:
        found = os.path.commonpath([str(Path(path).absolute().parent) for path in paths])
    except ValueError:
        return "."
    return _short(Path(found)) if Path(found).is_dir() else "."
