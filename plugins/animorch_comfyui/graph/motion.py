"""Motion: the motion module put on a model, by the nodes that AnimateDiff-Evolved has."""

from __future__ import annotations

from typing import Any

from animorch import RenderSpec
from animorch_comfyui.graph import beside
from animorch_comfyui.graph.betas import betas_of
from animorch_comfyui.graph.draft import Draft, Link
from animorch_comfyui.graph.noise import settings
from animorch_comfyui.graph.options import GraphOptions
from animorch_comfyui.graph.window import context

_GEN1 = "ADE_AnimateDiffLoaderGen1"
_GEN2 = (beside.LOAD, beside.APPLY, "ADE_UseEvolvedSampling")


def animated(draft: Draft, spec: RenderSpec, model: Link, options: GraphOptions) -> Link:
    """The model that denoises frames together."""
    betas = betas_of(spec)
    shared = {"beta_schedule": betas.word or "autoselect"}  # a schedule of our own stands before that word
    offered: dict[str, Any] = {
        "context_options": context(draft, spec),
        "sample_settings": settings(draft, spec, betas, options),
    }
    around = shared | {name: link for name, link in offered.items() if link is not None}
    moving: dict[str, Any] = _moving(draft, spec)
    if _first_generation(draft, options):
        _alone(draft, options)
        name = draft.file(spec.motion, "motion", _GEN1, "model_name")
        return draft.add("animated", _GEN1, fields=_FIELDS, model=model, model_name=name, **moving, **around)
    name = draft.file(spec.motion, "motion", _GEN2[0], "model_name")
    module = draft.add("motion", _GEN2[0], model_name=name)
    moving |= beside.beside(draft, spec, options.motions)
    applied = draft.add(
        "motion_applied", _GEN2[1], motion_model=module, start_percent=0.0, end_percent=1.0, **moving
    )
    return draft.add("animated", _GEN2[2], fields=_FIELDS, model=model, m_models=applied, **around)


_FIELDS = {"beta_schedule": "motion.beta_schedule"}


def _first_generation(draft: Draft, options: GraphOptions) -> bool:
    if options.gen != "auto":
        return options.gen == "gen1"
    return draft.offers.has(_GEN1) and not all(draft.offers.has(kind) for kind in _GEN2)


def _alone(draft: Draft, options: GraphOptions) -> None:
    """Gen1's node has no place for a second module."""
    if options.motions:
        cure = "set backend.gen=gen2" if options.gen == "gen1" else "update AnimateDiff-Evolved on the server"
        draft.problem(
            f"backend.motions: AnimateDiff-Evolved's Gen1 node takes one motion module; {cure}, or take "
            "motions out"
        )


def _moving(draft: Draft, spec: RenderSpec) -> dict[str, Link]:
    """Motion LoRAs in a chain, and the motion scale; nothing for what changes nothing."""
    found: dict[str, Link] = {}
    kind = "ADE_AnimateDiffLoRALoader"
    for at, lora in enumerate(spec.motion_loras):
        before: dict[str, Any] = {"prev_motion_lora": found["motion_lora"]} if found else {}
        found["motion_lora"] = draft.add(
            f"motion_lora_{at + 1}",
            kind,
            fields={"strength": f"motion_loras[{at}].weight"},
            name=draft.file(lora, f"motion_loras[{at}]", kind, "name"),
            strength=lora.weight,
            **before,
        )
    if spec.motion_scale != 1:
        fields = {"float_val": "motion_scale"}
        scale = draft.add("motion_scale", "ADE_MultivalDynamic", fields=fields, float_val=spec.motion_scale)
        found["scale_multival"] = scale
    return found
