"""Named: weights called by a preset's name, as in `motion_loras=[zoom_in:0.8]`, given their address.

`checkpoint` and `motion` are Hydra's groups; the other weights are lists, which groups cannot fill.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from animorch.config.presets import presets
from animorch.spec.render import Lora
from animorch.spec.weights import Weights, in_words

# a spec's field → the groups of conf/ in which its names are looked up
_GROUPS = {
    "loras": ("lora", "motion_lora"),
    "motion_loras": ("motion_lora", "lora"),
    "vae": ("vae",),
    "embeddings": ("embedding",),
    "controlnets": ("controlnet",),
    "sparse_control": ("sparse_control",),
    "ip_adapters": ("ip_adapter",),
}


def named(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an experiment, presets' fields filled in; what names no preset stays as it is."""
    filled = {key: _field(values[key], key) for key in _GROUPS if values.get(key)}
    return {**values, **filled}


def _field(value: Any, key: str) -> Any:
    if isinstance(value, (list, tuple)):
        return [_entry(item, key) for item in value]
    return _entry(value, key)


def _entry(item: Any, key: str) -> Any:
    """One entry: its preset's fields under its own. What has an address, or no preset, is returned as is."""
    own = in_words(item, weighted=key.endswith("loras")) if isinstance(item, str) else item
    if not isinstance(own, Mapping) or (isinstance(item, Mapping) and _has_address(own)):
        return item
    name = own.get("path" if isinstance(item, str) else "name")
    preset = _preset(str(name), _GROUPS[key])
    if preset is None:
        return item
    fitting = Lora.model_fields.keys() if key.endswith("loras") else preset.keys()
    return {name: given for name, given in preset.items() if name in fitting} | {
        field: given for field, given in own.items() if field not in ("name", "path")
    }


def _has_address(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("path") or entry.get("repo"))


def _preset(name: str, groups: tuple[str, ...]) -> dict[str, Any] | None:
    """Of the first group that has it, without what is null and without `base`, which says whose it is."""
    for group in groups:
        if (found := presets(group).get(name)) is not None:
            unset = {key for key in found if found[key] is None} - Weights.model_fields.keys()
            return {key: item for key, item in found.items() if key not in unset | {"base"}}
    return None
