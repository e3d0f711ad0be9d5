"""Denoise: the loop from noise to latents, on diffusers' UNet and scheduler.

With nothing but words it computes what AnimateDiffPipeline and AnimateDiffSDXLPipeline compute, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from animorch import Progress, RenderSpec
from animorch_diffusers.freeinit import noised_again
from animorch_diffusers.freenoise import shuffled
from animorch_diffusers.memory import Budget
from animorch_diffusers.regions import Regions
from animorch_diffusers.sharing import Sharing, first_step_key
from animorch_diffusers.text import Prompted, Text
from animorch_diffusers.windows import fused, in_batches, windows_at

Tensor = Any


@dataclass
class Loop:
    """One clip's denoising. `inputs` is what else than words it is made from (inputs.Inputs)."""

    pipe: Any
    spec: RenderSpec
    text: Text
    inputs: Any | None
    regions: Regions | None
    budget: Budget
    sharing: Sharing
    progress: Progress
    _done: int = field(default=0, init=False)  # steps
    _total: int = field(default=0, init=False)

    def latents(self) -> Tensor:
        """The clip as latents (1, C, T, h, w)."""
        import torch

        # the CPU's generator on every device, so that a seed is the same noise everywhere; of the 64
        # bits torch uses the low 32, here as in ComfyUI
        generator = torch.Generator("cpu").manual_seed(self.spec.seed)
        device, scheduler = self.pipe._execution_device, self.pipe.scheduler
        free = self.spec.freeinit
        passes = free.passes(self.spec.steps) if free else [self.spec.steps]
        totals: list[int] = []
        for steps in reversed(passes):  # told beforehand, so that progress knows its end
            scheduler.set_timesteps(steps, device=device)
            totals.insert(0, len(scheduler.timesteps))
        noise = self._noise(generator)
        latents, timesteps = self._begin(noise, generator)
        self._total = sum(totals[1:]) + len(timesteps)
        latents = self._through(latents, timesteps, noise, generator)
        for steps in passes[1:]:
            assert free is not None
            latents = noised_again(latents, noise, scheduler, free, generator)
            scheduler.set_timesteps(steps, device=device)
            latents = self._through(latents, scheduler.timesteps, noise, generator)
        return latents

    def _noise(self, generator: Any) -> Tensor:
        """(1, C, T, h, w) of unit variance, in the UNet's number format as in the stock pipeline."""
        from diffusers.utils.torch_utils import randn_tensor

        spec, pipe, free = self.spec, self.pipe, self.spec.freenoise
        channels = pipe.unet.config["in_channels"]
        scale = pipe.vae_scale_factor
        drawn = min(free.length, spec.frames) if free else spec.frames
        noise = randn_tensor(
            (1, channels, drawn, spec.height // scale, spec.width // scale),
            generator=generator,
            device=pipe._execution_device,
            dtype=self.text.prompt.states.dtype,
        )
        return shuffled(noise, free, spec.frames, generator) if free else noise

    def _begin(self, noise: Tensor, generator: Any) -> tuple[Tensor, Tensor]:
        scheduler = self.pipe.scheduler
        if self.inputs is not None:
            latents, timesteps = self.inputs.begin(noise, scheduler, generator)
            return latents, timesteps
        return noise * scheduler.init_noise_sigma, scheduler.timesteps

    def _through(self, latents: Tensor, timesteps: Tensor, noise: Tensor, generator: Any) -> Tensor:
        """Every step of one pass."""
        scheduler = self.pipe.scheduler
        extra = self.pipe.prepare_extra_step_kwargs(generator, 0.0)
        for number, timestep in enumerate(timesteps):
            answer = self._guided(self._answers(latents, number, timestep, len(timesteps)))
            latents = scheduler.step(answer, timestep, latents, **extra).prev_sample
            if self.inputs is not None:
                latents = self.inputs.after(latents, number, timesteps, scheduler, noise)
            self._done += 1
            self.progress(self._done, self._total)
        return latents

    def _guided(self, answers: Tensor) -> Tensor:
        """Classifier-free guidance: (negative, prompt, regions …) to one prediction."""
        guided = self.text.negative is not None
        wanted = answers[1:] if guided else answers
        if self.regions is not None:
            wanted = self.regions.laid(wanted)
        if not guided:
            return wanted
        return answers[:1] + self.spec.cfg * (wanted - answers[:1])

    def _answers(self, latents: Tensor, number: int, timestep: Tensor, steps: int) -> Tensor:
        """The UNet's predictions over the whole clip, (branches, C, T, h, w)."""
        import torch

        doubled = torch.cat([latents] * 2) if self.text.negative is not None else latents
        scaled = self.pipe.scheduler.scale_model_input(doubled, timestep)
        # a sampler of second order asks twice a step; both times the windows are the step's
        step = number // self.pipe.scheduler.order
        windows = windows_at(self.spec.window, step, self.spec.frames)
        evaluations = len(windows) * self.spec.branches

        def ask() -> Tensor:
            self.sharing.calls += evaluations
            return self._asked(scaled, windows, timestep, number / steps)

        if self._done:
            return ask()
        key = (first_step_key(self.spec), self.budget)
        return self.sharing.first_step(key, evaluations, ask)

    def _asked(self, scaled: Tensor, windows: list[list[int]], timestep: Tensor, share: float) -> Tensor:
        """Every window through the UNet, and the windows laid together."""
        import torch

        told = (self.text.negative, self.text.prompt) if self.text.negative else (self.text.prompt,)
        rows = [self._over_windows(scaled, told, windows, timestep, share)]
        for region in self.text.regions:
            rows.append(self._over_windows(scaled[-1:], (region,), windows, timestep, share))
        return torch.cat(rows) if len(rows) > 1 else rows[0]

    def _over_windows(
        self,
        scaled: Tensor,
        told: Sequence[Prompted],
        windows: list[list[int]],
        timestep: Tensor,
        share: float,
    ) -> Tensor:
        if windows == [list(range(self.spec.frames))]:
            return self._unet(scaled, told, windows, timestep, share)[0]
        together = 1 if self.inputs is not None else self.budget.window_batch
        answers = []
        for batch in in_batches(windows, together):
            answers += self._unet(scaled, told, batch, timestep, share)
        return fused(answers, self.spec.window, windows, self.spec.frames)

    def _unet(
        self,
        scaled: Tensor,
        told: Sequence[Prompted],
        windows: list[list[int]],
        timestep: Tensor,
        share: float,
    ) -> list[Tensor]:
        """One UNet call: windows alike in length, each (len(told), C, frames, h, w)."""
        import torch

        whole = len(windows) == 1 and len(windows[0]) == scaled.shape[2]
        # prompts are the outer rows, windows the inner ones: for one window this is the stock batch
        sample = scaled if whole and windows[0][0] == 0 else _cut(scaled, windows)
        text = torch.cat([prompt.at(members) for prompt in told for members in windows])
        added = self._added(told, windows)
        named = {"added_cond_kwargs": added} if added else {}
        if self.inputs is not None:
            guided = len(told) == 2
            (members,) = windows
            named |= self.inputs.added(sample, timestep, text, members, share, guided, added)
        answer = self.pipe.unet(sample, timestep, encoder_hidden_states=text, return_dict=False, **named)[0]
        return [answer[place :: len(windows)] for place in range(len(windows))]

    def _added(self, told: Sequence[Prompted], windows: list[list[int]]) -> dict[str, Tensor] | None:
        """SDXL's pooled prompt and sizes, a row for each prompt and window; None for other families."""
        import torch

        if self.text.prompt.pooled is None:
            return None
        pooled = torch.cat([prompt.pooled_at(members) for prompt in told for members in windows])
        size = (self.spec.height, self.spec.width)
        ids = self.pipe._get_add_time_ids(
            size, (0, 0), size, dtype=pooled.dtype, text_encoder_projection_dim=pooled.shape[-1]
        )
        return {"text_embeds": pooled, "time_ids": ids.to(pooled.device).repeat(len(pooled), 1)}


def _cut(scaled: Tensor, windows: list[list[int]]) -> Tensor:
    """(prompts * windows, C, frames, h, w), the windows of one prompt after one another."""
    import torch

    parts = torch.stack([scaled[:, :, members] for members in windows], dim=1)
    return parts.flatten(0, 1)
