"""The search path: the user's ./conf first, then the shipped one, each read as YAML and as TOML."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from hydra.core.config_search_path import ConfigSearchPath, SearchPathQuery
from hydra.plugins.search_path_plugin import SearchPathPlugin

from animorch.config.folders import shipped, yours


class ConfPath(SearchPathPlugin):
    """Hydra calls it once, after it has put the shipped YAML folder (provider `main`) in the path."""

    further: ClassVar[str | None] = None  # --config-dir, whose YAML files Hydra adds by itself

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        main = SearchPathQuery(provider="main")
        search_path.append("shipped-toml", f"toml://{shipped()}")
        if yours().is_dir() and yours().resolve() != shipped().resolve():
            search_path.prepend("yours", f"file://{yours()}", anchor=main)
            search_path.prepend("yours-toml", f"toml://{yours()}", anchor=main)
        if self.further is not None:
            search_path.prepend("command-line-toml", f"toml://{Path(self.further).absolute()}")
        search_path.append("shelf", "shelf://")
