"""TomlSource: TOML files beside YAML ones, in the same folders and groups.

A `# @package _global_` header and a `defaults` array mean what they mean in YAML.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from omegaconf import OmegaConf

SUFFIX = ".toml"


class TomlSource(ConfigSource):
    """Serves `NAME` (and `NAME.toml`) from NAME.toml under a folder."""

    @staticmethod
    def scheme() -> str:
        return "toml"

    def load_config(self, config_path: str) -> ConfigResult:
        path = self._file(config_path)
        try:
            text = path.read_text(encoding="utf-8")
            values = tomllib.loads(text)
        except OSError as error:
            raise ConfigLoadError(f"Config not found : {path}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigLoadError(f"{path} is not valid TOML: {error}") from error
        return ConfigResult(
            config=OmegaConf.create(values),
            path=f"{self.scheme()}://{self.path}",
            provider=self.provider,
            header=ConfigSource._get_header_dict(text[:512]),
        )

    def available(self) -> bool:
        return self.is_group("")

    def is_group(self, config_path: str) -> bool:
        return (Path(self.path) / config_path).is_dir()

    def is_config(self, config_path: str) -> bool:
        return self._file(config_path).is_file()

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        found: list[str] = []
        for item in (Path(self.path) / config_path).iterdir():
            if item.is_dir() and item.name != "__pycache__" and results_filter != ObjectType.CONFIG:
                found.append(item.name)
            if item.is_file() and item.suffix == SUFFIX and results_filter != ObjectType.GROUP:
                found.append(item.stem)
        return sorted(set(found))

    def _file(self, config_path: str) -> Path:
        name = config_path if config_path.endswith(SUFFIX) else config_path + SUFFIX
        return Path(self.path) / name
