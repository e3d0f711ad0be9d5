"""Registry: what is installed, found through the entry-point group `animorch`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

import pluggy
from pydantic import ValidationError

from animorch import plugin
from animorch.errors import PluginError, UsageError
from animorch.plugin import Plugin
from animorch.spec.model import sentences

Kind = Literal["backend", "post", "metrics", "command"]
_HOOKS: dict[str, str] = {
    "backend": "animorch_backends",
    "post": "animorch_post_steps",
    "metrics": "animorch_metrics",
    "command": "animorch_commands",
}


@lru_cache(maxsize=1)
def plugins() -> pluggy.PluginManager:
    """Every plugin module that could be imported; one that cannot is named on stderr."""
    manager = pluggy.PluginManager(plugin.GROUP)
    manager.add_hookspecs(plugin)
    for entry in sorted(entry_points(group=plugin.GROUP), key=lambda entry: entry.name):
        _register(manager, entry)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise _misshapen(error) from error
    return manager


def _register(manager: pluggy.PluginManager, entry: EntryPoint) -> None:
    try:
        module = entry.load()
    except (Exception, SystemExit) as error:  # a stranger's import may fail in any way; the rest go on
        print(f"animorch: plugin {entry.value} left out, its import failed: {error!r}", file=sys.stderr)
        return
    try:
        if not manager.is_registered(module):
            manager.register(module, name=entry.value)
    except pluggy.PluginValidationError as error:
        raise _misshapen(error) from error


def _misshapen(error: pluggy.PluginValidationError) -> PluginError:
    name = getattr(error.plugin, "__name__", error.plugin)
    said = " ".join(str(error).replace(repr(error.plugin), repr(name)).split())
    return PluginError(f"plugin {name}: {said}; correct the hook's name and arguments")


@lru_cache(maxsize=8)
def offers(kind: Kind) -> Mapping[str, type[Any]]:
    """Name to class of everything offered of a kind; two offers of a name are refused."""
    found: dict[str, type[Any]] = {}
    for offered in getattr(plugins().hook, _HOOKS[kind])():
        for cls in offered:
            other = found.setdefault(_name(cls, kind), cls)
            if other is not cls:
                raise PluginError(
                    f"two plugins offer the {kind} {cls.name!r}: {_origin(other)} and {_origin(cls)}; "
                    "uninstall one or rename it"
                )
    return dict(sorted(found.items()))


def _name(cls: type[Any], kind: Kind) -> str:
    name = getattr(cls, "name", None)
    if not isinstance(name, str) or not name:
        raise PluginError(f"{_origin(cls)} is offered as {kind} without a name; give it name: ClassVar[str]")
    return name


def make(kind: Kind, name: str, options: Mapping[str, Any]) -> Any:
    """An instance with these options; raises UsageError naming every wrong one."""
    known = offers(kind)
    if name not in known:
        raise UsageError(f"{kind}={name} is not installed; {_near(name, list(known))}")
    try:
        return known[name].model_validate(dict(options))
    except ValidationError as error:
        raise UsageError("; ".join(sentences(error, at=f"{kind}.{name}"))) from error


def defaults(cls: type[Plugin]) -> dict[str, Any]:
    """Options as Hydra shows them: name, then every field with its default (`???` when it has none)."""
    values: dict[str, Any] = {"name": cls.name}
    for key, field in cls.model_fields.items():
        values[key] = "???" if field.is_required() else field.get_default(call_default_factory=True)
    return values


def _near(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}installed: {', '.join(known) or 'none'}"


def _origin(thing: type[Any]) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
