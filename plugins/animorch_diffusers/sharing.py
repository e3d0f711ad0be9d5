"""Sharing: what clips of one sweep have in common, computed once and kept exact to the bit.

Prompts are encoded once for each text encoder. The first denoising step asks the UNet the same of every
cfg above 1, since guidance comes after it: the same weights, noise, timestep and prompts in the same batch.
So its answer is kept, and a clip that differs in cfg alone begins with it. (Without guidance the batch is
another, and with it the rounding; those clips share among themselves.)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from animorch import RenderSpec

_TEXTS = 256  # prompts kept: 240 KB each at SD1.5's size
_STEPS = 2  # first steps kept: 2 MB each for 16 frames of 512x512; points that share follow one another


class Recent:
    """The results used last, by their keys."""

    def __init__(self, room: int) -> None:
        self._room, self._kept = room, OrderedDict[Hashable, Any]()

    def get(self, key: Hashable) -> Any | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self._room:
            self._kept.popitem(last=False)


@dataclass
class Sharing:
    """What has been computed lately, and counts of one render."""

    _texts: Recent = field(default_factory=lambda: Recent(_TEXTS))
    _steps: Recent = field(default_factory=lambda: Recent(_STEPS))
    calls: int = 0  # UNet evaluations done, in the units of RenderSpec.unet_calls
    shared: int = 0  # UNet evaluations that a clip before had done
    prompts: int = 0  # prompts that were at hand

    def begin(self) -> None:
        """Count anew."""
        self.calls = self.shared = self.prompts = 0

    def facts(self) -> dict[str, str]:
        """For the record of a render."""
        return {
            "unet_calls": str(self.calls),
            "unet_calls_shared": str(self.shared),
            "prompts_shared": str(self.prompts),
        }

    def text_key(self, spec: RenderSpec) -> tuple[Hashable, ...]:
        """What decides a prompt's embedding besides the prompt."""
        parts = (*spec.loras, *spec.motion_loras)
        return (
            spec.checkpoint.content(),
            tuple((lora.content(), lora.weight, tuple(sorted(lora.blocks.items()))) for lora in parts),
            tuple((each.name, each.content()) for each in spec.embeddings),
            spec.clip_skip,
        )

    def text(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """A prompt's embedding, made when it is not at hand."""
        found = self._texts.get(key)
        if found is not None:
            self.prompts += 1
            return found
        made = make()
        self._texts.put(key, made)
        return made

    def first_step(self, key: Hashable, evaluations: int, make: Callable[[], Any]) -> Any:
        """The UNet's answer at the first step, asked for when it is not at hand."""
        found = self._steps.get(key)
        if found is not None:
            self.shared += evaluations
            return found
        made = make()
        self._steps.put(key, made)
        return made


def first_step_key(spec: RenderSpec) -> Hashable:
    """Everything that a clip's first step depends on: all of the spec but how strong the guidance is."""
    said = spec.model_copy(update={"cfg": 0.0}).model_dump_json(include=set(RenderSpec.model_fields))
    return said, spec.cfg > 1, tuple(_contents(spec))


def _contents(spec: RenderSpec) -> Iterable[str]:
    """The names of the content of every file that a spec uses."""
    for name in RenderSpec.model_fields:
        value = getattr(spec, name)
        for item in value if isinstance(value, tuple) else (value,):
            if hasattr(item, "content"):
                yield item.content()


def first_step_calls(spec: RenderSpec) -> int:
    """UNet evaluations of the first step."""
    windows = spec.window.at_step(0, spec.frames) if spec.window else [spec.frames]
    return len(windows) * spec.branches


def shared_calls(specs: Iterable[RenderSpec]) -> int:
    """UNet evaluations that rendering these, one after the other, shares."""
    kept, count = Recent(_STEPS), 0
    for spec in specs:
        key = first_step_key(spec)
        if kept.get(key):
            count += first_step_calls(spec)
        kept.put(key, True)
    return count
