"""Weights: checkpoint, VAE and LoRAs as model, text encoder and VAE."""

from __future__ import annotations

from dataclasses import dataclass

from animorch import RenderSpec
from animorch_comfyui.graph.draft import Draft, Link


@dataclass(frozen=True)
class Loaded:
    """What a checkpoint gives, after everything that changes it."""

    model: Link
    clip: Link
    vae: Link


def loaded(draft: Draft, spec: RenderSpec) -> Loaded:
    """The checkpoint with the spec's LoRAs in order, its layers skipped, its VAE or another."""
    kind = "CheckpointLoaderSimple"
    name = draft.file(spec.checkpoint, "checkpoint", kind, "ckpt_name")
    checkpoint = draft.add("checkpoint", kind, ckpt_name=name)
    model, clip = _with_loras(draft, spec, checkpoint, [checkpoint[0], 1])
    if spec.clip_skip > 1:
        clip = draft.add("clip_skip", "CLIPSetLastLayer", clip=clip, stop_at_clip_layer=-_layers(spec))
    vae: Link = [checkpoint[0], 2]
    if spec.vae is not None:
        vae = draft.add("vae", "VAELoader", vae_name=draft.file(spec.vae, "vae", "VAELoader", "vae_name"))
    return Loaded(model, clip, vae)


def _layers(spec: RenderSpec) -> int:
    """The layer whose states are read, counted from the last; SDXL was trained on the last but one."""
    return spec.clip_skip + (spec.checkpoint.base == "sdxl")


def _with_loras(draft: Draft, spec: RenderSpec, model: Link, clip: Link) -> tuple[Link, Link]:
    for at, lora in enumerate(spec.loras):
        field = f"loras[{at}].weight"
        model = draft.add(
            f"lora_{at + 1}",
            "LoraLoader",
            fields={"strength_model": field, "strength_clip": field},
            model=model,
            clip=clip,
            lora_name=draft.file(lora, f"loras[{at}]", "LoraLoader", "lora_name"),
            strength_model=lora.weight,
            strength_clip=lora.weight,
        )
        clip = [model[0], 1]
    return model, clip
