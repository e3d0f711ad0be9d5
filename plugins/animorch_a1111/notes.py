"""Notes: what is otherwise on A1111 than a person may think; it refuses nothing."""

from __future__ import annotations

from collections.abc import Iterator

from animorch import RenderSpec
from animorch_a1111.sampling import STEPWISE
from animorch_a1111.travel import travels
from animorch_a1111.windows import slides


def notes(spec: RenderSpec) -> Iterator[str]:
    """Sentences for `animorch plan`."""
    yield (
        "A1111 draws frame i by seed + i, so its pictures are never those of the diffusers or ComfyUI "
        "backends for the same seed"
    )
    if spec.sampler in STEPWISE and spec.schedule == "normal" and spec.sampler not in ("unipc", "dpm_fast"):
        yield f"A1111's {spec.sampler} spaces its steps by itself, as schedule=ddim_uniform does elsewhere"
    if slides(spec):
        yield "where windows overlap, sd-webui-animatediff keeps the last one's frames instead of their mean"
    if travels(spec):
        travel = spec.travel
        if not (travel and travel.head and travel.tail):
            yield "sd-webui-animatediff puts commas before and after every prompt of a travel"
    if spec.mask:
        yield "A1111 rounds the mask to black and white, and lays the init picture over the black part again"
