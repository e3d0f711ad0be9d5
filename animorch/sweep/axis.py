"""Axes: the swept keys of one command, from Hydra's grammar, from the config's `sweep` and from files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from animorch.config.compose import Composer, Setting
from animorch.config.explain import comma_trap, split_by_comma
from animorch.config.settings import Settings, Sweeping
from animorch.errors import UsageError


@dataclass(frozen=True)
class Value:
    """One value of an axis: what a cell's label says, and the keys it sets."""

    label: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True)
class Axis:
    name: str
    values: tuple[Value, ...]


def command_axes(composer: Composer, words: Sequence[str]) -> tuple[list[str], list[Axis]]:
    """The words that fix a key, and an axis for each word that sweeps one; raises UsageError."""
    fixed, axes = [], []
    for word in words:
        if split_by_comma(word):
            raise UsageError(comma_trap(word))
        override = composer.parse([word])[0]
        if not override.is_sweep_override():
            fixed.append(word)
            continue
        if not override.is_discrete_sweep():
            raise UsageError(f"{word!r} is an interval, which has no points; write range(…) or a list")
        key, composes = override.get_key_element(), composer.composes(override)
        pairs = zip(override.sweep_iterator(), override.sweep_string_iterator(), strict=True)
        values = tuple(
            Value(label(item), (Setting(key, item, f"{key}={text}", composes),))
            for item, text in ((_plain(item), text) for item, text in pairs)
        )
        if not values:
            raise UsageError(f"{word!r} finds nothing, so there is no point to render; check the pattern")
        axes.append(Axis(key, values))
    return fixed, axes


def _plain(item: Any) -> Any:
    """The item without Hydra's QuotedStrings, at any depth."""
    if isinstance(item, Mapping):
        return {_plain(key): _plain(value) for key, value in item.items()}
    return [_plain(value) for value in item] if isinstance(item, list) else getattr(item, "text", item)


def file_axes(composer: Composer, sweeping: Sweeping) -> list[Axis]:
    """The axes that the config declares: sweep.axes and sweep.prompts."""
    axes = [_declared(composer, name, values) for name, values in sweeping.axes.items()]
    return axes + ([_prompts(composer, sweeping.prompts)] if sweeping.prompts else [])


def _declared(composer: Composer, name: str, values: Sequence[Any] | Mapping[str, Mapping[str, Any]]) -> Axis:
    if not values:
        raise UsageError(f"sweep.axes.{name} has no values; give it some or take it out")
    if isinstance(values, Mapping):
        named = (
            (text, tuple(composer.setting(key, item) for key, item in keys.items()))
            for text, keys in values.items()
        )
        return Axis(name, tuple(Value(str(text), settings) for text, settings in named))
    return Axis(name, tuple(Value(label(item), (composer.setting(name, item),)) for item in values))


def _prompts(composer: Composer, file: str) -> Axis:
    path = Path(file).expanduser()
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"sweep.prompts={file} cannot be read ({error}); give a UTF-8 text file") from error
    prompts = [line for line in lines if line]
    if not prompts:
        raise UsageError(f"sweep.prompts={file} holds no prompt; write one a line")
    return Axis("prompt", tuple(Value(text, (composer.setting("prompt", text),)) for text in prompts))


def label(value: Any) -> str:
    """A value as a cell's label shows it."""
    if isinstance(value, Mapping):
        named = value.get("name") or value.get("path")
        weight = f":{value['weight']}" if "weight" in value else ""
        return (
            f"{Path(str(named)).stem}{weight}"
            if named
            else ", ".join(f"{k}={label(v)}" for k, v in value.items())
        )
    if isinstance(value, (list, tuple)):
        return " + ".join(map(label, value)) or "none"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "none" if value is None else str(value)


def zipped(axes: Sequence[Axis], groups: Iterable[Sequence[str]]) -> list[Axis]:
    """The axes with each group joined into one, at the place of its first; raises UsageError."""
    result = list(axes)
    for group in groups:
        found = [axis for axis in result if axis.name in group]
        missing = sorted(set(group) - {axis.name for axis in found})
        if missing or len(found) < 2:
            said = f"{', '.join(missing)} is not swept" if missing else "one axis cannot be zipped"
            raise UsageError(f"sweep.zip=[{','.join(group)}]: {said}; name two or more swept keys")
        if len({len(axis.values) for axis in found}) > 1:
            sizes = ", ".join(f"{axis.name} has {len(axis.values)}" for axis in found)
            raise UsageError(f"sweep.zip needs axes of one length; {sizes}")
        result[result.index(found[0])] = _joined(found)
        result = [axis for axis in result if axis not in found[1:]]
    return result


def _joined(axes: Sequence[Axis]) -> Axis:
    rows = zip(*(axis.values for axis in axes), strict=True)
    return Axis(
        ", ".join(axis.name for axis in axes),
        tuple(
            Value(", ".join(value.label for value in row), tuple(s for value in row for s in value.settings))
            for row in rows
        ),
    )


def cells(axes: Sequence[Axis]) -> Iterator[tuple[dict[str, str], tuple[Setting, ...]]]:
    """Coordinates and settings of every combination, the last axis fastest."""
    for values in product(*(axis.values for axis in axes)):
        coordinates = {axis.name: value.label for axis, value in zip(axes, values, strict=True)}
        yield coordinates, tuple(setting for value in values for setting in value.settings)


def distinct(axes: Sequence[Axis]) -> None:
    """Refuse two axes of one name, two values of one label, and an axis that changes no clip."""
    for name, count in Counter(axis.name for axis in axes).items():
        if count > 1:
            raise UsageError(f"{name} is swept twice, in the command and in the config; keep one")
        if name.partition(".")[0] in (*Settings.model_fields, "name"):
            raise UsageError(
                f"{name} cannot be swept, it changes no clip; run the command once for each value"
            )
    for axis in axes:
        for text, count in Counter(value.label for value in axis.values).items():
            if count > 1:
                raise UsageError(f"{axis.name}={text} stands twice in the sweep; keep one")
