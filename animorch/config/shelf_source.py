"""ShelfSource: files of the model folders as choices: `checkpoint=dreamshaper_8`, `motion=mm_sd_v15_v2`.

It comes last in Hydra's search path, so a preset of that name wins. The published file name of a preset is
another name for the preset.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import OmegaConf

from animorch.config.presets import presets
from animorch.errors import WeightsError
from animorch.shelf.layout import Layout, layout_of
from animorch.shelf.search import files, find
from animorch.spec.model import Frozen
from animorch.spec.render import Checkpoint, MotionModule

_GROUPS: dict[str, type[Frozen]] = {"checkpoint": Checkpoint, "motion": MotionModule}


class ShelfSource(ConfigSource):
    """Serves the groups `checkpoint` and `motion` from what lies in the folders of ANIMORCH_MODELS."""

    @staticmethod
    def scheme() -> str:
        return "shelf"

    def load_config(self, config_path: str) -> ConfigResult:
        group, _, name = config_path.partition("/")
        return ConfigResult(
            config=OmegaConf.create(_values(group, name)),
            path=f"{self.scheme()}://{self.path}",
            provider=self.provider,
            header={"package": None},
        )

    def available(self) -> bool:
        return True

    def is_group(self, config_path: str) -> bool:
        return config_path in _GROUPS

    def is_config(self, config_path: str) -> bool:
        group, _, name = config_path.partition("/")
        return group in _GROUPS and bool(name) and (_preset(group, name) or find(name, [group])) is not None

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Stems of files that no preset stands for, so that a glob over a group has each model once."""
        if config_path not in _GROUPS or results_filter == ObjectType.GROUP:
            return []
        found = {path.stem for path in files(config_path)}
        return sorted(name for name in found if _preset(config_path, name) is None)


def _values(group: str, name: str) -> dict[str, Any]:
    """A whole config for the name: its preset's, or what the file's own header tells."""
    here, preset = find(name, [group]), _preset(group, name)
    if preset is not None and (here is None or _is_published(group, preset, here)):
        return _with_checkpoint(group, preset)
    told = _layout(here)
    values: dict[str, Any] = (
        _GROUPS[group]
        .model_validate({"name": PurePath(name).stem, "base": told.base or "sd15", "path": name})
        .model_dump(mode="json")
    )
    if preset is not None:  # another build of a known module: its settings, not its hashes
        values = preset | {key: values[key] for key in ("name", "path", "bytes", "sha256", "repo", "file")}
    elif group == "motion":
        values |= {"family": told.family or "unknown", "table": told.table}
    return _with_checkpoint(group, values)


def _preset(group: str, name: str) -> dict[str, Any] | None:
    """The preset whose published file is called so, with or without its suffix."""
    for values in presets(group).values():
        published = PurePath(str(values.get("file") or ""))
        if published.name and name in (published.name, published.stem):
            return values
    return None


def _is_published(group: str, preset: dict[str, Any], path: Path) -> bool:
    entry = _GROUPS[group].model_validate(preset)
    return isinstance(entry, (Checkpoint, MotionModule)) and entry.is_published(path)


def _layout(path: Path | None) -> Layout:
    """What the file is; nothing when that cannot be told, since the backend says why when it is used."""
    try:
        return Layout() if path is None or path.is_dir() else layout_of(path)
    except WeightsError:
        return Layout()


def _with_checkpoint(group: str, values: dict[str, Any]) -> dict[str, Any]:
    """A motion module brings the checkpoint of its base, as the presets do."""
    if group != "motion":
        return values
    return {"defaults": [{"override /checkpoint@_global_.checkpoint": values["base"]}], **values}
