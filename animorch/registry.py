"""Registry: what is installed, found through the entry-point group `animorch`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pluggy
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from animorch import hooks
from animorch.errors import PluginError, UsageError
from animorch.plugin import Measure, Plugin
from animorch.spec.model import sentences

Kind = Literal["backend", "post", "metrics", "mode", "captioner", "command"]
_HOOKS: dict[str, str] = {
    "backend": "animorch_backends",
    "post": "animorch_post_steps",
    "metrics": "animorch_metrics",
    "mode": "animorch_trainers",
    "captioner": "animorch_captioners",
    "command": "animorch_commands",
}


@lru_cache(maxsize=1)
def plugins() -> pluggy.PluginManager:
    """Every plugin module that could be imported; one that cannot is named on stderr."""
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    for entry in sorted(entry_points(group=hooks.GROUP), key=lambda entry: entry.name):
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


def kind_of(kind: Kind, name: str) -> type[Any]:
    """The class offered under a name; raises UsageError when there is none."""
    known = offers(kind)
    if name not in known:
        raise UsageError(f"{kind}={name} is not installed; {_near(name, list(known))}")
    return known[name]


def make(kind: Kind, name: str, options: Mapping[str, Any]) -> Any:
    """An instance with these options; raises UsageError naming every wrong one."""
    try:
        return kind_of(kind, name).model_validate(dict(options))
    except ValidationError as error:
        at = "" if kind == "mode" else f"{kind}.{name}"  # a trainer's options are flat
        raise UsageError("; ".join(sentences(error, at))) from error


def measures() -> dict[str, Measure]:
    """What the numbers of every installed metric mean, by their names; those that no plugin explains lack."""
    return {name: said for cls in offers("metrics").values() for name, said in cls.measures.items()}


def defaults(cls: type[Plugin]) -> dict[str, Any]:
    """Options as Hydra shows them: name, then every field with its default (`???` when it has none)."""
    return {"name": cls.name, **field_defaults(cls)}


def field_defaults(model: type[BaseModel]) -> dict[str, Any]:
    """Every field with its default as plain data (`???` when it has none); nested models as tables."""
    return {key: _default(field) for key, field in model.model_fields.items()}


def _default(field: FieldInfo) -> Any:
    if not field.is_required():
        return to_jsonable_python(field.get_default(call_default_factory=True))
    nested = model_of(field)
    return "???" if nested is None else field_defaults(nested)


def model_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model that a field holds (or may hold beside None), if it holds one."""
    kind: Any = field.annotation
    if get_origin(kind) in (Union, UnionType):
        others = [part for part in get_args(kind) if part is not type(None)]
        kind = others[0] if len(others) == 1 else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _near(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}installed: {', '.join(known) or 'none'}"


def _origin(thing: type[Any]) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
