"""Call: one AnimateDiffPipeline call, spec in and frames out."""

from __future__ import annotations

from typing import Any

from animorch import Clip, Progress, RenderSpec
from animorch_diffusers.pixels import decoded
from animorch_diffusers.sampling import scheduler_for
from animorch_diffusers.text import embed
from animorch_diffusers.warm import Ready, scaled


def rendered(ready: Ready, spec: RenderSpec, progress: Progress, chunk: int) -> tuple[Clip, str]:
    """The clip, and what of the prompts CLIP's 77 tokens left out."""
    import torch

    pipe = ready.pipe
    pipe.scheduler = scheduler_for(spec, ready.sampling)
    with torch.no_grad(), scaled(pipe.unet, spec.motion_scale):
        text = embed(pipe, spec.prompt, spec.negative_prompt if spec.cfg > 1 else None, spec.clip_skip)
        latents = pipe(
            prompt_embeds=text.prompt,
            negative_prompt_embeds=text.negative,
            num_frames=spec.frames,
            width=spec.width,
            height=spec.height,
            num_inference_steps=spec.steps,
            guidance_scale=spec.cfg,
            # the CPU's generator on every device, so that a seed is the same noise everywhere; of the 64
            # bits torch uses the low 32, here as in ComfyUI
            generator=torch.Generator("cpu").manual_seed(spec.seed),
            callback_on_step_end=_told(progress),
            output_type="latent",
        ).frames
        return decoded(pipe, latents, chunk), text.cut


def _told(progress: Progress) -> Any:
    def after_step(pipe: Any, step: int, _timestep: Any, kept: dict[str, Any]) -> dict[str, Any]:
        progress(step + 1, int(pipe.num_timesteps))
        return kept

    return after_step
