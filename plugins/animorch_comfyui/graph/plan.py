"""Plan: the whole graph of a spec, in the order in which a server walks it."""

from __future__ import annotations

from collections.abc import Mapping

from animorch import RenderSpec
from animorch_comfyui.built import Built
from animorch_comfyui.graph.control import controlled
from animorch_comfyui.graph.draft import Draft
from animorch_comfyui.graph.finish import frames
from animorch_comfyui.graph.look import seen
from animorch_comfyui.graph.motion import animated
from animorch_comfyui.graph.options import GraphOptions
from animorch_comfyui.graph.regions import divided
from animorch_comfyui.graph.sampler import sampled
from animorch_comfyui.graph.start import begun, steps_of
from animorch_comfyui.graph.text import Told, told
from animorch_comfyui.graph.weights import loaded
from animorch_comfyui.graph.words import spelling
from animorch_comfyui.offers import Offers


def planned(
    spec: RenderSpec, offers: Offers, models: Mapping[str, str], options: GraphOptions
) -> tuple[Built, list[str]]:
    """The graph, and what a server with these offers would not take of it."""
    draft = Draft(offers, models)
    parts = loaded(draft, spec)
    model = animated(draft, spec, seen(draft, spec, parts.model), options)
    latents = begun(draft, spec, parts.vae)
    spell = spelling(draft, spec)
    words = told(draft, spec, parts.clip, spell)
    words = Told(divided(draft, spec, words.positive, parts.clip, spell), words.negative)
    words = controlled(draft, spec, words, parts, latents)
    done = sampled(draft, spec, model, words, latents)
    saved, also = frames(draft, done, parts.vae, options)
    built = Built(
        draft.graph,
        saved,
        tuple(draft.pictures.values()),
        samplers=("sampler",),
        steps=steps_of(spec) * (spec.freeinit.iterations if spec.freeinit else 1),
        loads=_dearest_first(draft.loads),
        also=also,
    )
    return built, draft.problems


_DEAR = (
    "CheckpointLoaderSimple",
    "ADE_LoadAnimateDiffModel",
    "ADE_AnimateDiffLoaderGen1",
    "ControlNetLoader",
)


def _dearest_first(loads: Mapping[str, str]) -> tuple[str, ...]:
    """Names of files, those first that take a server longest to load."""
    places = {kind: place for place, kind in enumerate(_DEAR)}
    return tuple(sorted(loads, key=lambda name: places.get(loads[name], len(places))))
