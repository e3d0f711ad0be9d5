"""Kept: what stays of a job: its frames, facts of them, and the texts beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_PICTURE = 1000  # characters from which a text without a space is a picture in base64


@dataclass(frozen=True)
class Made:
    """A clip's frames (uint8, T x H x W x 3), facts of how it was made, and texts to keep beside it."""

    frames: np.ndarray[Any, Any]
    facts: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def texts(body: Mapping[str, Any], infotext: str) -> dict[str, str]:
    """File name: text."""
    sent = json.dumps(without_pictures(body), indent=2, ensure_ascii=False)
    return {"a1111_payload.json": sent, "a1111_infotext.txt": infotext}


def without_pictures(value: Any) -> Any:
    """The same, with size and hash in place of every picture."""
    if isinstance(value, Mapping):
        return {key: without_pictures(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_pictures(item) for item in value]
    if isinstance(value, str) and len(value) >= _PICTURE and not any(map(str.isspace, value)):
        return f"base64 of {len(value)} characters, sha256 {hashlib.sha256(value.encode()).hexdigest()}"
    return value
