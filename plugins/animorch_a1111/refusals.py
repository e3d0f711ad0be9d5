"""Refusals: every reason why a server will not make a clip as asked, known before a render."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from animorch import RenderSpec
from animorch_a1111.checkpoint import checkpoint_problems
from animorch_a1111.controls import control_problems, unit_problems
from animorch_a1111.loras import lora_problems, named_problems
from animorch_a1111.motion import file_problems, motion_problems
from animorch_a1111.needed import key_problems
from animorch_a1111.offers import Offers
from animorch_a1111.pictures import picture_problems
from animorch_a1111.sampling import always_refused, sampling_for
from animorch_a1111.travel import travel_problems
from animorch_a1111.windows import window_problems
from animorch_a1111.words import embedding_problems, word_problems

_ORDER = 4  # of the Butterworth filter, fixed in the extension


def unsupported(spec: RenderSpec) -> Iterator[str]:
    """A sentence for each field that no server with sd-webui-animatediff can honour."""
    yield from _sizes(spec)
    yield from always_refused(spec)
    yield from motion_problems(spec)
    yield from lora_problems(spec)
    yield from travel_problems(spec)
    yield from window_problems(spec)
    yield from word_problems(spec, {})
    yield from _noise(spec)
    yield from _start(spec)
    yield from control_problems(spec)
    yield from _absent(spec)
    if spec.clip_skip != 1 and spec.checkpoint.base == "sdxl":
        yield f"clip_skip={spec.clip_skip} does nothing for SDXL in A1111; set clip_skip=1"


def problems(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> list[str]:
    """All that stands in the way of a clip on this server, what `unsupported` says included."""
    sampling = sampling_for(spec, offers)
    found = [
        *unsupported(spec),
        *key_problems(spec, offers),
        *file_problems(spec, models),
        *checkpoint_problems(spec, offers, models),
        *([sampling.problem] if sampling.problem else []),
        *named_problems(spec, offers, models),
        *word_problems(spec, offers.options),
        *embedding_problems(spec, offers, models),
        *unit_problems(spec, offers, models),
    ]
    return list(dict.fromkeys(found))


def _sizes(spec: RenderSpec) -> Iterator[str]:
    for side in ("width", "height"):
        size = getattr(spec, side)
        if size % 8:
            yield (
                f"{side}={size} is not a multiple of 8, and A1111 would make it {size // 8 * 8} without a "
                f"word; use {side}={max(8, round(size / 8) * 8)}"
            )
    last = spec.seed + spec.frames - 1
    if last >= 2**64:
        yield f"seed={spec.seed}: frame i has seed + i, and the last would have {last}; lower it"


def _noise(spec: RenderSpec) -> Iterator[str]:
    if spec.freenoise:
        yield "sd-webui-animatediff has no freenoise; take it out, or use backend=diffusers"
    free = spec.freeinit
    if free is None:
        return
    if free.filter == "butterworth" and free.order != _ORDER:
        yield f"freeinit.order={free.order}: the extension's filter has order {_ORDER}; set freeinit.order=4"
    if free.fast:
        yield "freeinit.fast=true is something the extension does not have; set freeinit.fast=false"
    if spec.init:
        yield (
            "freeinit begins each pass at full noise and init in the middle of the denoising; take one of "
            "them out"
        )


def _start(spec: RenderSpec) -> Iterator[str]:
    if spec.init:
        yield from picture_problems(spec.init.path, "init")
    if spec.mask:
        if spec.init is None:
            yield "mask keeps the black part as init is, and there is no init; set init.path=IMAGE"
        yield from picture_problems(spec.mask.path, "mask")


def _absent(spec: RenderSpec) -> Iterator[str]:
    """Whole fields."""
    absent = {
        "sparse_control": "reads its keyframes from a folder on the server, which the API cannot fill",
        "ip_adapters": "go through ControlNet's own image encoders, which are not those that a spec names",
        "regions": "are not among what A1111 has",
    }
    for field, why in absent.items():
        if getattr(spec, field):
            yield f"{field} {why}; take {field} out, or use backend=diffusers or backend=comfyui"
