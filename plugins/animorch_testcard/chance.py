"""Chance: numbers that words decide, the same in every process (Python's own hash() is salted)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from animorch import Lora, RenderSpec

# Where weights lie and what people say of them changes no pixel; their content does.
_ADDRESS = {"path", "config", "repo", "file", "revision", "bytes", "sha256", "licence", "notes"}
_ADVICE = {"recommends", "family", "trained_frames"}


def share(*words: object) -> float:
    """A number in [0, 1) that the words decide."""
    text = "\0".join(map(str, words)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:6], "big") / 2**48


def between(low: float, high: float, *words: object) -> float:
    return low + (high - low) * share(*words)


def pick(count: int, *words: object) -> int:
    """A whole number in 0 … count-1 that the words decide."""
    return int(count * share(*words))


def digest(spec: RenderSpec) -> bytes:
    """32 bytes that change with every field of the spec that may change pixels, and with nothing else."""
    fields = spec.model_dump(exclude={"checkpoint", "motion", "loras", "motion_loras"})
    fields["checkpoint"] = _weights(spec.checkpoint)
    fields["motion"] = _weights(spec.motion)
    for kind in ("loras", "motion_loras"):
        loras: tuple[Lora, ...] = getattr(spec, kind)
        fields[kind] = [_weights(lora) for lora in loras]
    text = json.dumps(fields, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).digest()


def _weights(weights: Any) -> dict[str, Any]:
    return {"content": weights.content(), **weights.model_dump(exclude=_ADDRESS | _ADVICE)}
