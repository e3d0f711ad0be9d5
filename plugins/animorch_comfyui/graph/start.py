"""Start: the latents that a clip is denoised from, empty or of pictures."""

from __future__ import annotations

from animorch import RenderSpec
from animorch_comfyui.graph.draft import Draft, Link
from animorch_comfyui.graph.stills import masks, pictures
from animorch_comfyui.graph.uploaded import images, mask

LATENT = 8  # pixels a side that one latent stands for


def begun(draft: Draft, spec: RenderSpec, vae: Link) -> Link:
    """Latents of the clip's size, with the part that stays where there is a mask."""
    if spec.init is None:
        return _empty(draft, spec)
    path = spec.init.path
    shown, count = images(draft, "init", lambda: pictures(path, spec.frames, spec.width, spec.height))
    latents = _encoded(draft, spec, shown, count, vae)
    if spec.mask is None:
        return latents
    white = spec.mask.path
    width, height = spec.width // LATENT, spec.height // LATENT
    kept = mask(draft, "mask", lambda: masks(white, spec.frames, width, height))
    return draft.add("masked", "SetLatentNoiseMask", samples=latents, mask=kept)


def steps_of(spec: RenderSpec) -> int:
    """Denoising steps that are done: with an init picture its share of them."""
    return max(1, int(spec.steps * spec.init.strength)) if spec.init else spec.steps


def _empty(draft: Draft, spec: RenderSpec) -> Link:
    kind = "EmptyLatentImage"
    most = draft.offers.inputs(kind).get("batch_size")
    if most is not None and most.high is not None and spec.frames > most.high:
        kind = "ADE_EmptyLatentImageLarge"
    fields = {"batch_size": "frames"}
    return draft.add(
        "latents", kind, fields=fields, width=spec.width, height=spec.height, batch_size=spec.frames
    )


def _encoded(draft: Draft, spec: RenderSpec, shown: Link, count: int, vae: Link) -> Link:
    """Pictures through the VAE; one of them is repeated for all frames, after it where the node reaches."""
    repeats = spec.frames if count == 1 else 1
    most = draft.offers.inputs("RepeatLatentBatch").get("amount")
    few = most is not None and most.high is not None and repeats <= most.high
    if repeats > 1 and not few:
        shown = draft.add("init_repeated", "RepeatImageBatch", image=shown, amount=repeats)
    latents = draft.add("latents", "VAEEncode", pixels=shown, vae=vae)
    if repeats > 1 and few:
        latents = draft.add("latents_repeated", "RepeatLatentBatch", samples=latents, amount=repeats)
    return latents
