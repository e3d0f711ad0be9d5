"""Trees: the folders in which ComfyUI and A1111 keep weights of each kind.

The names are those of ComfyUI's `folder_paths.py` and `extra_model_paths.yaml.example`, of
AnimateDiff-Evolved, and of A1111 with its AnimateDiff extension.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from animorch.errors import UsageError

EXTRA = "extra_model_paths.yaml"
# kind of weights → folders of it: ours, ComfyUI's below models/, elsewhere in ComfyUI, A1111's
_OURS = {
    "checkpoint": ("checkpoint", "checkpoints"),
    "motion": ("motion", "animatediff_models"),
    "motion_lora": ("motion_lora", "animatediff_motion_lora"),
    "lora": ("lora", "loras"),
    "vae": ("vae",),
    "embedding": ("embedding", "embeddings"),
    "controlnet": ("controlnet",),
    "ip_adapter": ("ip_adapter", "ipadapter"),
    "image_encoder": ("image_encoder", "clip_vision"),
}
_EVOLVED = "custom_nodes/ComfyUI-AnimateDiff-Evolved"
_ELSEWHERE = {
    "checkpoint": ("models/Stable-diffusion",),
    "motion": (f"{_EVOLVED}/models", "extensions/sd-webui-animatediff/model"),
    "motion_lora": (f"{_EVOLVED}/motion_lora",),
    "lora": ("models/Lora", "models/LyCORIS"),
    "vae": ("models/VAE",),
    "embedding": ("embeddings",),
    "controlnet": ("models/ControlNet", "extensions/sd-webui-controlnet/models"),
    "ip_adapter": (),
    "image_encoder": (),
}
KINDS = tuple(_OURS)
# the words of extra_model_paths.yaml
_KEYS = {name: kind for kind, names in _OURS.items() for name in names}


@dataclass(frozen=True)
class Folder:
    """A folder with weights; `kind` null means any, and then only what lies in it directly."""

    path: Path
    kind: str | None


def folders_under(root: Path) -> list[Folder]:
    """Where weights lie in a ComfyUI or A1111 installation, its models folder, or a folder of one's own.

    A folder without any of the usual subfolders counts whole, for every kind.
    """
    usual = [
        Folder(root / name, kind) for kind in KINDS for name in _usual(kind) if _is_folder(root, Path(name))
    ]
    found = usual if usual else [Folder(root, kind) for kind in KINDS]
    extra = folders_in_yaml(root / EXTRA) if (root / EXTRA).is_file() else []
    return [*found, *extra, Folder(root, None)]


def home_of(root: Path, kind: str) -> Path:
    """Where a new file of this kind belongs: the tree's own folder for it, else the root itself."""
    return next((root / name for name in _usual(kind) if _is_folder(root, Path(name))), root)


def _usual(kind: str) -> Iterator[str]:
    yield from (f"models/{name}" for name in _OURS[kind])
    yield from _ELSEWHERE[kind]
    yield from _OURS[kind]


def _is_folder(root: Path, name: Path) -> bool:
    """By its exact letters, so that `models/VAE` and `models/vae` stay two names where case is not told."""
    place = root / name
    try:
        return place.is_dir() and any(place.name == item.name for item in place.parent.iterdir())
    except OSError:
        return False


def folders_in_yaml(path: Path) -> list[Folder]:
    """The folders that an `extra_model_paths.yaml` names, as ComfyUI's `extra_config.py` reads it.

    Sections marked `is_default` come first. Raises UsageError for a file that is no such thing.
    """
    preferred: list[Folder] = []
    others: list[Folder] = []
    for name, section in _sections(path):
        base = _expanded(str(section.get("base_path") or ""), path.absolute().parent)
        into = preferred if section.get("is_default") is True else others
        for key, value in section.items():
            if key in ("base_path", "is_default") or value is None:
                continue
            if not isinstance(value, str):
                raise UsageError(f"{path}: {name}.{key} is no folder name; write a text, several after `|`")
            lines = (line.strip() for line in value.splitlines())
            kind = _KEYS.get(str(key))
            into += [Folder(_expanded(line, base), kind) for line in lines if line and kind]
    return preferred + others


def _sections(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import yaml

    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())[:200]
        raise UsageError(f"{path} cannot be read as {EXTRA} ({why}); mend it or take it out") from error
    if not isinstance(read, dict) or not all(isinstance(item, (dict, type(None))) for item in read.values()):
        raise UsageError(f"{path} is no {EXTRA}: it should hold sections such as `comfyui:` with folders")
    yield from ((str(name), item) for name, item in read.items() if item)


def _expanded(written: str, base: Path) -> Path:
    return Path(os.path.normpath(base / Path(os.path.expandvars(written)).expanduser()))
