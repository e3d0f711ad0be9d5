"""Base: the stages that learn text encoder and UNet on frames (image), then with motion on clips (motion)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from animorch import Checkpoint
from animorch_diffusers.training.batch import Batch, samples
from animorch_diffusers.training.chance import Chance
from animorch_diffusers.training.export import placed
from animorch_diffusers.training.latents import kept
from animorch_diffusers.training.loss import weighed
from animorch_diffusers.training.noise import Noise
from animorch_diffusers.training.parts import (
    MODEL,
    MOTION,
    parts_of,
    tokens,
    unet_config,
    write_model,
    write_motion,
)
from animorch_diffusers.training.small import BaseMotion, BaseParts
from animorch_diffusers.training.source import clips_of
from animorch_diffusers.training.stage import Stage, Values
from animorch_diffusers.training.stills import WEIGHT, Stills
from animorch_diffusers.training.validation import Studio

Tensor = Any


class BaseStage(Stage):
    """AnimateDiff's loss: one timestep a sample, the same text for every frame of a clip."""

    def __init__(self, run: BaseParts, folder: Path, device: Any = "cpu") -> None:
        super().__init__()
        self.run = run
        self.moves = isinstance(run, BaseMotion)
        words: list[str] = getattr(clips_of(run.data, run.seed), "words", list)()
        self.parts = parts_of(run, words, folder)
        self.vae, self.text, self.unet = (
            part.to(device) for part in (self.parts.vae, self.parts.text, self.parts.unet)
        )
        self.noise = Noise.of(
            run.beta_schedule, run.beta_start, run.beta_end, run.prediction, run.zero_snr, run.shift
        ).to(device)
        self.latents = kept(run.data, run.seed, run.clips, self.vae, folder.parent / ".latents")
        self.ids = tokens(self.parts.tokenizer, [*self.latents.captions, ""]).to(
            device
        )  # last: the empty one
        self.stills: tuple[Stills, ...] = ()  # not a submodule: its weights are listed under the moving UNet
        if isinstance(run, BaseMotion) and run.stills:
            self.stills = (Stills(self.latents, run.stills, run.seed, self.unet, unet_config(run)),)
        if run.gradient_checkpointing:
            self.unet.enable_gradient_checkpointing()

    def learning(self) -> dict[str, torch.nn.Parameter]:
        """Those that run.trains names; the others are frozen."""
        found = {f"text.{name}": value for name, value in self.text.named_parameters()}
        found |= {f"unet.{name}": value for name, value in self.unet.named_parameters()}
        for name, value in found.items():
            value.requires_grad_(_part(name) in self.run.trains)
        return {name: value for name, value in found.items() if value.requires_grad}

    def forward(self, batch: Batch) -> Tensor:
        loss = self._loss(batch, *self._clean(batch), self.unet, self.run.seed)
        for stills in self.stills:
            beside = stills.beside(batch)
            clean, chosen = (part.to(self.ids.device) for part in stills.take(beside))
            loss = loss + WEIGHT * self._loss(beside, clean, chosen, stills.unet, stills.seed)
        return loss

    def _loss(self, batch: Batch, clean: Tensor, chosen: Tensor, unet: Any, seed: int) -> Tensor:
        """clean: latents of clips or of frames; chosen: (B,) the numbers of their clips, for the captions."""
        chance = Chance.of(seed, batch, tuple(clean.shape[1:]), clean.device)
        ids = self.ids[torch.where(chance.drops < self.run.text_dropout, len(self.ids) - 1, chosen)]
        text = self.text(ids)[0]
        if clean.ndim == 5:
            text = text.repeat_interleave(clean.shape[2], dim=0)
        timesteps = self.noise.timesteps(chance.times)
        seen = self.noise.noised(clean, chance.noise, timesteps)
        answer = unet(seen, timesteps, encoder_hidden_states=text).sample
        target = self.noise.target(clean, chance.noise, timesteps)
        return weighed(answer, target, timesteps, self.noise, self.run.min_snr)

    def export(self, result: Path, values: Values) -> None:
        with placed(result / MODEL) as folder:
            write_model(folder, self.run, self.parts, values)
        if isinstance(self.run, BaseMotion):
            with placed(result / MOTION) as folder:
                write_motion(folder, self.run, self.parts, values)

    def studio(self) -> Studio | None:
        if not isinstance(self.run, BaseMotion) or not self.run.validation.every:
            return None
        length, _, height, width = self.latents.shape
        side = 2 ** (len(self.vae.config.block_out_channels) - 1)
        return Studio(
            self.run.validation,
            Checkpoint(name="base", base="embedded"),
            self.run.module(length=self.unet.config["motion_max_seq_length"], trained=length),
            {"prediction_type": self.run.prediction, "rescale_betas_zero_snr": self.run.zero_snr},
            self.vae,
            self.text,
            self.parts.tokenizer,
            self.unet,
            width * side,
            height * side,
        )

    def _clean(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Latents, (B, C, T, h, w) of clips or (B, C, h, w) of frames, and their clips' numbers (B,)."""
        count, length = self.latents.values.shape[:2]
        device = self.ids.device
        if self.moves:
            chosen = torch.from_numpy(samples(self.run.seed, count, batch.places))
            return self.latents.values[chosen].transpose(1, 2).to(device), chosen.to(device)
        places = torch.from_numpy(samples(self.run.seed, count * length, batch.places))
        chosen = places // length
        return self.latents.values[chosen, places % length].to(device), chosen.to(device)


def _part(name: str) -> str:
    if name.startswith("text."):
        return "text"
    return "adapter" if ".motion_modules." in name else "unet"
