"""Source: captioned clips by the name of the function that makes them."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from animorch import UsageError
from animorch_diffusers.training.recipe import Data

FOLDER = "animorch_clips:folder"  # what data.folder means


class Clips(Protocol):
    """Numbered clips. Frames are uint8 (T, H, W, 3)."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int) -> tuple[Any, str]: ...


def clips_of(data: Data, seed: int = 0) -> Clips:
    """The sequence that data.source names, made with data.options, or the clips of data.folder."""
    source, options = asked(data, seed)
    return _made(source, json.dumps(options), stamp(data))


@lru_cache(maxsize=1)  # a folder's clips are looked through once, not by preflight and training each
def _made(source: str, options: str, _stamp: str) -> Clips:
    module, _, name = source.partition(":")
    try:
        make = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f"data.source={source} cannot be imported ({error}); write it as module:function, "
            "as in animorch_shapes:clips"
        ) from error
    try:
        return make(**json.loads(options))  # type: ignore[no-any-return]
    except TypeError as error:
        raise UsageError(f"data.options do not fit data.source={source} ({error}); correct them") from error


def asked(data: Data, seed: int) -> tuple[str, dict[str, Any]]:
    """The function's name and its arguments."""
    if data.folder is None:
        return data.source or "", data.options
    told = data.model_dump(exclude={"source", "options"})
    return FOLDER, told | {"seed": seed}


def stamp(data: Data) -> str:
    """Names, sizes and times of the files that the clips come from, so that a change in them is seen."""
    if data.folder is None:
        return ""
    folder = Path(data.folder).expanduser()
    files = [(path.relative_to(folder).as_posix(), path.stat()) for path in sorted(folder.rglob("*"))]
    told = [Path(data.captions).expanduser()] if data.captions else []
    files += [(str(path), path.stat()) for path in told if path.is_file()]
    return json.dumps([(name, stat.st_size, stat.st_mtime_ns) for name, stat in files])
