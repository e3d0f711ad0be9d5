"""Params: an experiment flattened into MLflow's key and value texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from animorch.spec.identity import canonical
from animorch.tracking.names import PARAM_LIMIT, legal, short_hash


class Params(NamedTuple):
    """Param texts, and the whole of each text that is too long for a param."""

    values: dict[str, str]
    spilled: dict[str, str]  # artifact path to text


def params(fields: Mapping[str, Any]) -> Params:
    """Every setting as a param; a text over MLflow's limit becomes its hash, and an artifact."""
    found = Params({}, {})
    for key, text in _flat(fields):
        name = legal(key)
        if name in found.values:  # two keys that became one, as `a,b` and `a_b`
            name = legal(f"{key}-{short_hash(key)}")
        if len(text) > PARAM_LIMIT:
            path = f"params/{name.replace('/', '_').replace(' ', '_')}.txt"
            found.spilled[path] = text
            text = _stand_in(text, path)
        found.values[name] = text
    return found


def _stand_in(text: str, path: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[:200]}... ({len(text)} characters, sha256 {digest}, whole in {path})"


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """`motion` is its name and `motion.beta_schedule` a field; loras are also `loras.0`, `loras.0.weight`."""
    if isinstance(value, Mapping) and value and not _by_frame(value):
        if key and (names := _names(value)):
            yield key, names
        for field, item in value.items():
            if not (key and field == "name"):
                yield from _flat(item, f"{key}.{field}" if key else str(field))
    elif isinstance(value, Sequence) and not isinstance(value, str) and _all_named(value):
        yield key, ", ".join(_label(item) for item in value)
        for place, item in enumerate(value):
            yield from _flat(item, f"{key}.{place}")
    else:
        yield key, value if isinstance(value, str) else canonical(value)


def _by_frame(value: Mapping[Any, Any]) -> bool:
    """A prompt travel: its keys are frames, so a param for each would be thousands."""
    return all(str(key).isdigit() for key in value)


def _names(value: Mapping[str, Any]) -> str:
    """The name of a named thing, or the names of the named things in it, in their order."""
    if isinstance(value.get("name"), str):
        return str(value["name"])
    return ", ".join(map(_label, value.values())) if _all_named(tuple(value.values())) else ""


def _all_named(items: Sequence[Any]) -> bool:
    return bool(items) and all(isinstance(item, Mapping) and "name" in item for item in items)


def _label(item: Mapping[str, Any]) -> str:
    weight = item.get("weight")
    return str(item["name"]) if weight is None else f"{item['name']}:{canonical(weight)}"
