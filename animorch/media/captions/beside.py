"""Beside: a caption file next to each clip."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from animorch.errors import UsageError
from animorch.media.captions.folder import counted, listed, stem
from animorch.media.captions.found import Captions, text_of
from animorch.media.metadata import sidecar

# not captions, whatever clip is missing: people's notes, and Evo-Tuner's validation prompts
_OTHERS = frozenset({"readme.txt", "license.txt", "licence.txt", "validate.txt"})


def place(clip: Path) -> Path:
    """Where a clip's caption is written: NAME.txt beside it."""
    return clip.with_name(stem(clip) + ".txt")


def files(clip: Path) -> list[Path]:
    """The caption files that a clip has: NAME.txt, NAME.json, and in a folder of frames prompt.txt.

    What animorch writes beside a folder of frames that it rendered has a caption's name and is none.
    """
    wanted = [place(clip), clip.with_name(stem(clip) + ".json"), clip / "prompt.txt"]
    return [file for file in wanted if file.is_file() and not (clip.is_dir() and _rendered(file))]


def read(folder: Path, clips: Sequence[Path]) -> Captions:
    """Every clip with the text beside it."""
    pairs, missing, problems = [], [], list(_ambiguous(clips))
    for clip in clips:
        try:
            text = _text(clip)
        except UsageError as error:
            problems.append(str(error))
            continue
        pairs += [(clip, text)] if text else []
        missing += [] if text else [clip]
    problems += _surplus(folder, clips)
    return Captions("beside", tuple(pairs), tuple(missing), tuple(problems))


def _text(clip: Path) -> str:
    """The caption, empty when there is none or nothing in it."""
    found = files(clip)
    if len(found) > 1:
        names = " and ".join(str(file.relative_to(clip.parent)) for file in found)
        raise UsageError(f"{clip.name} has more than one caption: {names}; keep one")
    if not found:
        return " ".join(_rendered(sidecar(clip)).split())
    text = _prompt(found[0]) if found[0].suffix == ".json" else text_of(found[0])
    return " ".join(text.split())


def _prompt(file: Path) -> str:
    try:
        value = json.loads(text_of(file))
    except ValueError as error:
        raise UsageError(f"{file.name} is not JSON ({error}); correct it") from error
    prompt = value.get("prompt") if isinstance(value, dict) else None
    if not isinstance(prompt, str):
        raise UsageError(f'{file.name} has no text under "prompt"; write {{"prompt": "what is seen"}}')
    return prompt


def _rendered(metadata: Path) -> str:
    """The prompt in the metadata that animorch writes beside a clip; empty when the file is none."""
    try:
        value = json.loads(metadata.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    experiment = value.get("experiment") if isinstance(value, dict) else None
    prompt = experiment.get("prompt") if isinstance(experiment, dict) else None
    return prompt if isinstance(prompt, str) else ""


def _ambiguous(clips: Sequence[Path]) -> Iterator[str]:
    shared = [name for name, times in Counter(map(stem, clips)).items() if times > 1]
    for name in shared:
        names = " and ".join(clip.name for clip in clips if stem(clip) == name)
        yield f"{names} would share the caption {name}.txt; rename one"


def _surplus(folder: Path, clips: Sequence[Path]) -> Iterator[str]:
    own = {name for clip in clips for name in (stem(clip), clip.name)}  # clip.mp4.json is animorch's metadata
    kinds = {file.suffix for clip in clips for file in files(clip)} | {".txt"}
    lost = sorted(
        file.name
        for file in folder.glob("[!.]*")
        if file.suffix in kinds
        and file.stem not in own
        and file.name.lower() not in _OTHERS
        and file.is_file()
    )
    if lost:
        yield f"{counted(lost, 'caption')} without a clip: {listed(lost)}; add the clip or take the file away"
