"""Controls: units of the ControlNet extension, each with one prepared image for the whole clip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from animorch import ControlNet, RenderSpec
from animorch_a1111.matching import Match, Named, matched, without_hash
from animorch_a1111.offers import Offers
from animorch_a1111.pictures import picture_problems, sent
from animorch_a1111.request import generation

_BALANCED = "Balanced"
_MORE_IMPORTANT = "ControlNet is more important"  # steers one branch, deeper layers more: our guess_mode


def units(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> list[dict[str, Any]]:
    """The arguments of ControlNet, a dict a unit."""
    return [
        {
            "enabled": True,
            "module": "none",
            "model": _model(net, offers, models, place).name,
            "image": sent(net.pictures, spec.width, spec.height),
            "weight": net.weight,
            "guidance_start": net.start,
            "guidance_end": net.end,
            "control_mode": _MORE_IMPORTANT if net.guess_mode else _BALANCED,
            "resize_mode": "Just Resize",
            "pixel_perfect": False,
        }
        for place, net in enumerate(spec.controlnets)
    ]


def control_problems(spec: RenderSpec) -> Iterator[str]:
    """What no server can honour."""
    for place, net in enumerate(spec.controlnets):
        yield from picture_problems(net.pictures, f"controlnets[{place}].pictures")
        if net.start >= net.end:
            yield (
                f"controlnets[{place}]: start={net.start} is not before end={net.end}, so it would never "
                "act; lower start"
            )
        if net.base != spec.checkpoint.base:
            yield (
                f"controlnets[{place}]={net.name} is for base {net.base} and checkpoint="
                f"{spec.checkpoint.name} is of base {spec.checkpoint.base}; choose one for "
                f"{spec.checkpoint.base}"
            )


def unit_problems(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> Iterator[str]:
    """What this server cannot honour."""
    if not spec.controlnets:
        return
    if offers.controls is None:
        yield "controlnets need the extension sd-webui-controlnet, which the server does not have; install it"
        return
    if offers.args is not None and generation(offers.args) == "v2":
        yield (
            "controlnets: version 2 of sd-webui-animatediff breaks on ControlNet units that come by the API "
            "(its pull request 480); take them out, or use backend=diffusers or backend=comfyui"
        )
    for place, net in enumerate(spec.controlnets):
        match = _model(net, offers, models, place)
        if match.name is None:
            yield match.problem


def _model(net: ControlNet, offers: Offers, models: Mapping[str, str], place: int) -> Match:
    """The server's spelling is `name [hash]`."""
    known = [Named(name, (name, without_hash(name))) for name in offers.controls or () if name != "None"]
    return matched(net, f"controlnets[{place}]", "ControlNet model", known, models)
