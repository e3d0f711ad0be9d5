"""Sampler: the KSampler, with its words by the server's names."""

from __future__ import annotations

from animorch import RenderSpec
from animorch_comfyui.graph.draft import Draft, Link
from animorch_comfyui.graph.sampling import server_sampler, server_schedule
from animorch_comfyui.graph.start import steps_of
from animorch_comfyui.graph.text import Told

KIND = "KSampler"


def sampled(draft: Draft, spec: RenderSpec, model: Link, told: Told, latents: Link) -> Link:
    """Denoised latents.

    With an init picture ComfyUI does all of `steps` on the last part of a longer schedule, so it is given the
    share of steps that the spec means. Guidance of 1 and less is none.
    """
    samplers, schedulers = (draft.offers.choices(KIND, name) for name in ("sampler_name", "scheduler"))
    known = draft.offers.has(KIND)
    sampler = draft.attempt(lambda: server_sampler(spec.sampler, samplers)) if known else spec.sampler
    named = sampler or spec.sampler
    schedule = draft.attempt(lambda: server_schedule(spec.schedule, named, schedulers)) if known else ""
    return draft.add(
        "sampler",
        KIND,
        fields={"denoise": "init.strength"},
        model=model,
        seed=spec.seed,
        steps=steps_of(spec),
        cfg=max(1.0, spec.cfg),
        sampler_name=sampler or "",
        scheduler=schedule or "",
        positive=told.positive,
        negative=told.negative,
        latent_image=latents,
        denoise=spec.init.strength if spec.init else 1.0,
    )
