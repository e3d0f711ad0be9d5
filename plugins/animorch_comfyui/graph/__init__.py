"""Graph: a spec as a graph for one server, by a pure function (but for reading picture files).

`build` raises with every sentence at once; `refusals.problems` tells the same without raising.
"""

from __future__ import annotations

from collections.abc import Mapping

from animorch import RenderSpec, Unsupported
from animorch_comfyui.built import Built
from animorch_comfyui.graph.options import GraphOptions
from animorch_comfyui.graph.plan import planned
from animorch_comfyui.offers import Offers

__all__ = ["GraphOptions", "build", "planned"]

_USUAL = GraphOptions()


def build(
    spec: RenderSpec, offers: Offers, models: Mapping[str, str] | None = None, options: GraphOptions = _USUAL
) -> Built:
    """The graph that renders this spec; raises Unsupported, all that stands against it in its sentence."""
    from animorch_comfyui.refusals import unsupported  # which looks at a plan itself

    built, lacking = planned(spec, offers, models or {}, options)
    if against := [*unsupported(spec), *lacking]:
        raise Unsupported("; also: ".join(against))
    return built
