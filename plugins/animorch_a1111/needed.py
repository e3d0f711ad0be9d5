"""Needed: what the spec has to say to AnimateDiff, against the keys that its version accepts."""

from __future__ import annotations

from collections.abc import Iterator

from animorch import RenderSpec
from animorch_a1111.offers import Offers
from animorch_a1111.request import called, generation
from animorch_a1111.travel import travels

_ALWAYS = (
    *("model", "enable", "video_length", "fps", "loop_number", "closed_loop", "batch_size", "stride"),
    *("overlap", "format", "interp"),
)
_FREEINIT = tuple(f"freeinit_{key}" for key in ("enable", "filter", "ds", "dt", "iters"))


def key_problems(spec: RenderSpec, offers: Offers) -> Iterator[str]:
    """An absent extension, and fields for which its version has no keys."""
    if offers.args is None:
        yield (
            "the server has no extension AnimateDiff (sd-webui-animatediff), or one that did not load; "
            "install it, restart the server and look at its log"
        )
        return
    if travels(spec) and generation(offers.args) == "v1" and offers.controls is None:
        yield (
            "prompt_travel: version 1 of sd-webui-animatediff follows it only beside the extension "
            "ControlNet, which the server does not have; install sd-webui-controlnet, or version 2"
        )
    for field, keys in _keys(spec):
        missing = [key for key in keys if key not in offers.args]
        if missing:
            yield (
                f"{field} needs {', '.join(missing)} of AnimateDiff and the server has "
                f"{called(offers.args)}, which does not know that; take it out, or update the extension"
            )


def _keys(spec: RenderSpec) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "every clip", _ALWAYS
    if spec.freeinit:
        yield "freeinit", _FREEINIT
    if spec.init:
        yield "init", ("latent_power", "latent_scale")
