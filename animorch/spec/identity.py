"""Identity: the hash by which a render is recognised, wherever its files lie.

render_key  what changes pixels: the RenderSpec, the content of its weights, the backend's identity
point_key   the render, and what becomes of it: post-steps, metrics, output
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from animorch.spec.experiment import Experiment
from animorch.spec.render import RenderSpec
from animorch.spec.weights import Weights

FORM = 1  # raise it when the same spec comes to mean other pixels
FILES = 1  # raise it when the same output comes to mean other files: an encoder's settings, a new artefact


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
_ADDRESS = frozenset(Weights.model_fields) - {"name"} | {"config"} | _ADVICE


def weights_of(spec: RenderSpec) -> dict[str, str]:
    """Content name of each weight the spec uses; raises UsageError for a missing local file."""
    found = {"checkpoint": spec.checkpoint.content(), "motion": spec.motion.content()}
    for kind in ("loras", "motion_loras"):
        for place, lora in enumerate(getattr(spec, kind)):
            found[f"{kind}[{place}]"] = lora.content()
    return found


def render_key(spec: RenderSpec, backend: Mapping[str, Any], weights: Mapping[str, str]) -> str:
    """Hash of what changes pixels.

    Where weights and configs lie is left out (their content is in `weights`); so is advice to people.
    """
    fields = spec.model_dump(include=set(RenderSpec.model_fields))
    for kind in ("checkpoint", "motion"):
        fields[kind] = _without_address(fields[kind])
    for kind in ("loras", "motion_loras"):
        fields[kind] = [_without_address(lora) for lora in fields[kind]]
    return digest({"form": FORM, "spec": fields, "weights": weights, "backend": backend})


def _without_address(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key not in _ADDRESS}


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
