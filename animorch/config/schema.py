"""Every installed plugin's options as a config group choice, so that a plugin ships no file."""

from __future__ import annotations

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins

from animorch.config.search_path import ConfPath
from animorch.config.toml_source import TomlSource
from animorch.registry import Kind, defaults, offers

_KINDS: tuple[Kind, ...] = ("backend", "post", "metrics")


def teach_hydra(config_dir: str | None = None) -> None:
    """Tell Hydra of TOML, of the search path and of every plugin's options; harmless when repeated."""
    ConfPath.further = config_dir
    for part in (TomlSource, ConfPath):
        Plugins.instance().register(part)
    store = ConfigStore.instance()
    for kind in _KINDS:
        for name, cls in offers(kind).items():
            package = kind if kind == "backend" else f"{kind}.{name}"
            store.store(group=kind, name=name, node=defaults(cls), package=package, provider="animorch")
