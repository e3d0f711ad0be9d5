"""Infotext: what a reply says of how its pictures were made."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from animorch_a1111.fault import Fault
from animorch_a1111.request import Expected

_PAIR = re.compile(r"(?:^|, )(\w+): ")


@dataclass(frozen=True)
class Info:
    """The reply's `info`, which is JSON in a string, read a second time.

    animatediff: what the extension says of itself, empty where it did not run. loras, embeddings: name: hash.
    """

    said: Mapping[str, Any]
    extra: Mapping[str, Any]
    animatediff: Mapping[str, str]
    loras: Mapping[str, str]
    embeddings: Mapping[str, str]

    @property
    def first(self) -> int:
        """Pictures of the reply before the first frame."""
        value = self.said.get("index_of_first_image")
        return max(0, value) if isinstance(value, int) else 0

    @property
    def text(self) -> str:
        """The infotext of the first frame, as A1111 would write it into a picture."""
        texts = self.said.get("infotexts")
        if not isinstance(texts, list) or not texts:
            return ""
        return str(texts[min(self.first, len(texts) - 1)])


def read(info: Any) -> Info:
    """Raises Fault when it is not what A1111 writes."""
    try:
        said = json.loads(info) if isinstance(info, str) else info
    except ValueError:
        said = None
    if not isinstance(said, Mapping):
        raise Fault(
            "the reply does not say how its pictures were made (no info), so nobody can tell what they are; "
            "look whether the server is A1111's web UI",
            "different",
            poisoned=True,
        )
    extra = said.get("extra_generation_params")
    extra = extra if isinstance(extra, Mapping) else {}
    return Info(
        said,
        extra,
        _pairs(extra.get("AnimateDiff")),
        _hashes(extra.get("Lora hashes")),
        _hashes(extra.get("TI hashes")),
    )


def _pairs(text: Any) -> dict[str, str]:
    """`model: a.safetensors, fps: 8`; a name may hold commas, so a pair begins at a word with a colon."""
    if not isinstance(text, str):
        return {}
    marks = list(_PAIR.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {mark[1]: text[mark.end() : end] for mark, end in zip(marks, ends, strict=False)}


def _hashes(text: Any) -> dict[str, str]:
    if not isinstance(text, str):
        return {}
    parts = (part.rpartition(": ") for part in text.strip('"').split(", "))
    return {name: hash_ for name, _, hash_ in parts if name}


def facts(info: Info, expected: Expected) -> dict[str, str]:
    """For the record: what the server says that it used; empty values are left out."""
    mm_hash, hash_ = info.animatediff.get("mm_hash", ""), info.said.get("sd_model_hash")
    found = {
        "webui": info.said.get("version"),
        "animatediff": info.animatediff.get("version") or f"{expected.generation} (no git tag)",
        "checkpoint": info.said.get("sd_model_name"),
        "checkpoint_hash": hash_,
        "checkpoint_is_the_published_file": _published(hash_, expected.published_checkpoint),
        "vae": info.said.get("sd_vae_name"),
        "motion": info.animatediff.get("model"),
        "mm_hash": mm_hash,
        "motion_is_the_published_file": _published(mm_hash, expected.published),
        "sampler": info.said.get("sampler_name"),
        "schedule": info.extra.get("Schedule type") or "",
        "lora_hashes": ", ".join(f"{name}: {hash_}" for name, hash_ in info.loras.items()),
        "ti_hashes": info.extra.get("TI hashes"),
        "seeds": "frame i has seed + i",
        "rng": info.extra.get("RNG"),
    }
    return {key: str(value) for key, value in found.items() if value not in (None, "")}


def _published(beginning: Any, known: Sequence[str]) -> str:
    """Whether a hash, of which the beginning is told, is a known one; empty where nobody can say."""
    if not beginning or not known:
        return ""
    return "yes" if any(one.startswith(str(beginning)) for one in known) else "no"
