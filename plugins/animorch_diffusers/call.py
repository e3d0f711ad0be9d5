"""Call: one clip on a loaded pipeline's parts, spec in and frames out."""

from __future__ import annotations

from animorch import Clip, Progress, RenderSpec
from animorch_diffusers.denoise import Loop
from animorch_diffusers.inputs.inputs import inputs_for
from animorch_diffusers.memory import Budget
from animorch_diffusers.norm import normalised
from animorch_diffusers.pixels import decoded
from animorch_diffusers.regions import regions_of
from animorch_diffusers.sampling import scheduler_for
from animorch_diffusers.sharing import Sharing
from animorch_diffusers.text import text_of
from animorch_diffusers.warm import Ready, scaled


def rendered(
    ready: Ready,
    spec: RenderSpec,
    progress: Progress,
    budget: Budget,
    sharing: Sharing | None = None,
    offline: bool = False,
) -> tuple[Clip, dict[str, str]]:
    """The clip, and facts for its record.

    `sharing` is what clips before have left to be used again; without it nothing is.
    """
    import torch

    pipe, sharing = ready.pipe, sharing or Sharing()
    sharing.begin()
    pipe.scheduler = scheduler_for(spec, ready.sampling)
    with torch.no_grad(), scaled(pipe.unet, spec.motion_scale), normalised(pipe.unet, spec.group_norm):
        text = text_of(pipe, spec, sharing)
        device, dtype = pipe._execution_device, text.prompt.states.dtype
        scale = pipe.vae_scale_factor
        inputs = inputs_for(spec, pipe, device, dtype, offline)
        regions = regions_of(spec, spec.height // scale, spec.width // scale, device)
        latents = Loop(pipe, spec, text, inputs, regions, budget, sharing, progress).latents()
        clip = decoded(pipe, latents, budget.decode_chunk)
    pipe.maybe_free_model_hooks()
    return clip, sharing.facts() | ({"prompt_chunks": str(text.chunks)} if text.chunks > 1 else {})
