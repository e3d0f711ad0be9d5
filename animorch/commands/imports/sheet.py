"""Sheet: a foreign config as flat fields, each taken once, so that what nobody took can be named."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from animorch.errors import UsageError


class _Loader(yaml.SafeLoader):
    """YAML 1.2's floats: PyYAML takes 1e-4, without a dot, for a word."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


class Sheet:
    """Dotted names to values: `train_data.width` -> 512."""

    def __init__(self, values: Mapping[str, Any], source: Path) -> None:
        self.source = source
        self.fields = dict(_flat(values))

    @classmethod
    def of(cls, path: Path) -> Sheet:
        """A YAML file's fields; raises UsageError when it is none, or holds no fields."""
        if not path.is_file():
            raise UsageError(f"there is no file {path}; give a training config in YAML")
        try:
            values = yaml.load(path.read_text(encoding="utf-8-sig"), _Loader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} is not readable YAML ({' '.join(str(error).split())})") from error
        if not isinstance(values, dict):
            raise UsageError(
                f"{path} holds a {type(values).__name__} in place of fields; it is no training config"
            )
        try:
            return cls(values, path)
        except RecursionError as error:
            raise UsageError(f"{path} has a field that holds itself; it is no training config") from error

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def has(self, start: str) -> bool:
        """Whether a field of this name, or of a group of this name, is there."""
        return any(name == start or name.startswith(f"{start}.") for name in self.fields)

    def take(self, name: str, default: Any = None) -> Any:
        """The value, which then counts as dealt with; null is the default."""
        value = self.fields.pop(name, None)
        return default if value is None else value

    def take_all(self, *starts: str) -> dict[str, Any]:
        """Every field of these names and groups."""
        wanted = [
            name
            for name in self.fields
            if any(name == start or name.startswith(f"{start}.") for start in starts)
        ]
        return {name: self.fields.pop(name) for name in wanted}

    def number(self, name: str, default: float) -> float:
        """A number, also one that was saved as a string."""
        value = self.take(name, default)
        try:
            number = float(value)
        except (TypeError, ValueError) as error:
            raise self._wrong(name, value, "a number") from error
        if isinstance(value, bool) or not math.isfinite(number):
            raise self._wrong(name, value, "a number")
        return number

    def count(self, name: str, default: int) -> int:
        """A whole number."""
        value = self.number(name, default)
        if value != int(value):
            raise self._wrong(name, value, "a whole number")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        """True or false, also as words."""
        value = self.take(name, default)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, (bool, int)):
            raise self._wrong(name, value, "true or false")
        return bool(value)

    def text(self, name: str, default: str = "") -> str:
        """A word or sentence."""
        return str(self.take(name, default))

    def texts(self, name: str) -> list[str]:
        """A list of texts, or one that stands for itself."""
        value = self.take(name, [])
        return [str(item) for item in value] if isinstance(value, list) else [str(value)]

    def _wrong(self, name: str, value: Any, wanted: str) -> UsageError:
        return UsageError(f"{self.source}: {name}={value!r} should be {wanted}; correct it and import again")


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
