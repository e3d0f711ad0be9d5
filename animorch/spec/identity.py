"""Identity: the hash by which a render is recognised, wherever its files lie.

render_key  what changes pixels: the RenderSpec, the content of its weights, the backend's identity
point_key   the render, and what becomes of it: post-steps, metrics, output
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from animorch.spec.experiment import Experiment
from animorch.spec.render import RenderSpec
from animorch.spec.weights import Weights

FORM = 2  # raise it when the same spec comes to mean other pixels
FILES = 2  # raise it when the same output comes to mean other files: an encoder's settings, a new artefact


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, and 4.0 written as 4, so equal values have equal text."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def digest(value: Any) -> str:
    """SHA-256 (64 hex characters) of the canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


_ADVICE = {"recommends", "family", "trained_frames"}
_PICTURES = {"pictures", "keyframes", "images", "mask", "encoder"}  # whose content is in content()
_ADDRESS = frozenset(Weights.model_fields) - {"name"} | {"config"} | _ADVICE | _PICTURES


def weights_of(spec: RenderSpec) -> dict[str, str]:
    """Content name of each file the spec uses (weights, pictures); raises UsageError for a missing one."""
    found = {}
    for key in RenderSpec.model_fields:
        value = getattr(spec, key)
        if hasattr(value, "content"):
            found[key] = value.content()
        elif isinstance(value, tuple):
            found |= {f"{key}[{place}]": item.content() for place, item in enumerate(value)}
    return found


def render_key(spec: RenderSpec, backend: Mapping[str, Any], weights: Mapping[str, str]) -> str:
    """Hash of what changes pixels.

    Where files lie is left out (their content is in `weights`); so is advice to people, and so is what is
    null or empty, so that an optional field added later leaves the keys of today as they are.
    """
    fields = {key: _said(getattr(spec, key)) for key in RenderSpec.model_fields}
    fields = {key: value for key, value in fields.items() if value not in (None, {}, [])}
    return digest({"form": FORM, "spec": fields, "weights": weights, "backend": backend})


def _said(value: Any) -> Any:
    """A field's value as plain data, without addresses."""
    if isinstance(value, tuple):
        return [_said(item) for item in value]
    if not isinstance(value, BaseModel):
        return value
    hidden = _ADDRESS if hasattr(value, "content") else frozenset()
    said = value.model_dump(mode="json", exclude_none=True)
    return {key: item for key, item in said.items() if key not in hidden and item != {}}


def point_key(experiment: Experiment, render: str, plugins: Mapping[str, str]) -> str:
    """Hash of a render and what becomes of it; `plugins` gives the version of each plugin used."""
    return digest(
        {
            "form": FILES,
            "render": render,
            "post": [choice.model_dump() for choice in experiment.post.values()],
            "metrics": sorted(canonical(choice.model_dump()) for choice in experiment.metrics.values()),
            "output": experiment.output.model_dump(),
            "plugins": plugins,
        }
    )
