"""LoRAs: tags of the prompt, by names that the server is known to have; it ignores others without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from animorch import Lora, RenderSpec
from animorch_a1111.matching import Match, Named, matched
from animorch_a1111.offers import Offers

_OF_V2 = ("v2", "unknown")  # families of motion modules that take motion LoRAs


class Tag(NamedTuple):
    """`<lora:name:weight>`"""

    name: str
    weight: float

    def __str__(self) -> str:
        return f"<lora:{self.name}:{self.weight:.10g}>"


def tags(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> list[Tag]:
    """Those of the style LoRAs, then of the motion LoRAs."""
    found = ((match.name, lora.weight) for _, lora, match in _matches(spec, offers, models))
    return [Tag(name, weight) for name, weight in found if name is not None]


def motion_names(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(tag.name for tag in tags(spec, offers, models)[len(spec.loras) :])


def lora_problems(spec: RenderSpec) -> Iterator[str]:
    """What no server can honour."""
    for label, lora in _labelled(spec):
        if lora.blocks:
            yield f"{label}={lora.name}: A1111 has no strengths for single blocks; take {label}.blocks out"
    if spec.motion_loras and spec.motion.family not in _OF_V2:
        yield (
            f"motion_loras={spec.motion_loras[0].name} works on v2 motion modules only and motion="
            f"{spec.motion.name} is of family {spec.motion.family}; take it out, or choose motion=v15_v2"
        )


def named_problems(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> Iterator[str]:
    """LoRAs that the server lacks, that a tag cannot name, or that are named twice."""
    seen: dict[str, str] = {}
    for label, lora, match in _matches(spec, offers, models):
        if match.name is None:
            yield match.problem
            continue
        if any(mark in match.name for mark in ":<>\n"):
            yield f"{label}={lora.name}: the name {match.name} does not go into a tag; rename the file"
        if match.name in seen:
            yield (
                f"{label}={lora.name} and {seen[match.name]} are one file on the server, {match.name}, which "
                "would take the later strength twice; take one of them out"
            )
        seen.setdefault(match.name, f"{label}={lora.name}")


def _matches(
    spec: RenderSpec, offers: Offers, models: Mapping[str, str]
) -> Iterator[tuple[str, Lora, Match]]:
    known = [Named(one.name, (one.name, one.alias or one.name, one.file or one.name)) for one in offers.loras]
    for label, lora in _labelled(spec):
        yield label, lora, matched(lora, label, "LoRA", known, models)


def _labelled(spec: RenderSpec) -> Iterator[tuple[str, Lora]]:
    for field in ("loras", "motion_loras"):
        for place, lora in enumerate(getattr(spec, field)):
            yield f"{field}[{place}]", lora
