"""Every installed plugin's options as a config group choice, so that a plugin ships no file."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, get_origin

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from omegaconf import OmegaConf

from animorch.config.search_path import ConfPath
from animorch.config.settings import TrainSettings
from animorch.config.shelf_source import ShelfSource
from animorch.config.toml_source import TomlSource
from animorch.errors import PluginError
from animorch.plugin import Plugin, Trainer
from animorch.registry import Kind, defaults, field_defaults, offers

_KINDS: tuple[Kind, ...] = ("backend", "post", "metrics")
STARTS = ("checkpoint", "motion")  # a trainer's fields that groups of the same name fill
_HOUSE = {*TrainSettings.model_fields, "mode", "recipe"}


def teach_hydra(config_dir: str | None = None) -> None:
    """Tell Hydra of TOML, of the search path and of every plugin's options; harmless when repeated."""
    ConfPath.further = config_dir
    for part in (TomlSource, ShelfSource, ConfPath):
        Plugins.instance().register(part)
    store = ConfigStore.instance()
    for kind in _KINDS:
        for name, cls in offers(kind).items():
            package = kind if kind == "backend" else f"{kind}.{name}"
            store.store(group=kind, name=name, node=_options(cls), package=package, provider="animorch")
    for name, cls in offers("mode").items():
        store.store(group="mode", name=name, node=_mode(cls), package="_global_", provider="animorch")


def _options(cls: type[Plugin]) -> Any:
    """A plugin's options with their defaults; its tables take keys that nobody knows beforehand."""
    node = OmegaConf.create(defaults(cls))
    for field in _tables(cls):
        OmegaConf.set_struct(node[field], False)
    return node


@lru_cache(maxsize=1)
def open_tables() -> frozenset[str]:
    """Dotted keys of plugins' options that are tables with keys of the user's own (`backend.models`)."""
    return frozenset(
        f"{kind}.{field}" if kind == "backend" else f"{kind}.{name}.{field}"
        for kind in _KINDS
        for name, cls in offers(kind).items()
        for field in _tables(cls)
    )


def _tables(cls: type[Plugin]) -> list[str]:
    return [name for name, field in cls.model_fields.items() if get_origin(field.annotation) is dict]


def _mode(cls: type[Trainer]) -> dict[str, Any]:
    """A trainer's options, flat, under its name; raises PluginError when one is called as a key of ours."""
    if taken := sorted(_HOUSE & cls.model_fields.keys()):
        raise PluginError(
            f"the trainer {cls.name!r} has an option {taken[0]!r}, which is animorch's own key; rename it"
        )
    options = {key: value for key, value in field_defaults(cls).items() if key not in STARTS}
    return {"mode": cls.name, **options}
