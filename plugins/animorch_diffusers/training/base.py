"""Base: the stages that learn text encoder and UNet on frames (image), then with motion on clips (motion)."""

from __future__ import annotations

import json
from typing import Any

import torch

from animorch_diffusers.training.batch import numbers
from animorch_diffusers.training.export import placed
from animorch_diffusers.training.latents import latents_of
from animorch_diffusers.training.loss import weighed
from animorch_diffusers.training.noise import Noise
from animorch_diffusers.training.parts import parts_of, write_parts
from animorch_diffusers.training.recipe import BaseRun
from animorch_diffusers.training.source import clips_of

Tensor = Any


class BaseStage:
    """AnimateDiff's loss: one timestep a sample, the same text for every frame of a clip."""

    def __init__(self, run: BaseRun) -> None:
        torch.manual_seed(run.seed)
        self.run = run
        clips = clips_of(run.data)
        self.parts = parts_of(run, getattr(clips, "words", list)())
        self.noise = Noise.of(run.beta_schedule, run.beta_start, run.beta_end, run.prediction)
        self.latents = latents_of(run, self.parts.vae)
        self.ids = self._tokens([*self.latents.captions, ""])  # the last row is the empty caption
        self.parts.text.train()
        self.parts.unet.train()

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """Those that run.trains names; the others are frozen."""
        found = {f"text.{name}": value for name, value in self.parts.text.named_parameters()}
        found |= {f"unet.{name}": value for name, value in self.parts.unet.named_parameters()}
        for name, value in found.items():
            value.requires_grad_(_part(name) in self.run.trains)
        return {name: value for name, value in found.items() if value.requires_grad}

    def loss(self, micro: int) -> Tensor:
        clean, ids = self._batch(micro)
        text = self.parts.text(ids)[0]
        if clean.ndim == 5:
            text = text.repeat_interleave(clean.shape[2], dim=0)
        timesteps = self.noise.timesteps(len(clean))
        chance = torch.randn_like(clean)
        seen = self.noise.noised(clean, chance, timesteps)
        answer = self.parts.unet(seen, timesteps, encoder_hidden_states=text).sample
        target = self.noise.target(clean, chance, timesteps)
        return weighed(answer, target, timesteps, self.noise, self.run.min_snr)

    def export(self, values: dict[str, Tensor]) -> None:
        with placed(self.run.folder / "parts") as folder:
            write_parts(folder, self.run, self.parts, values)
            (folder / "recipe.json").write_text(json.dumps(self.run.model_dump(mode="json"), indent=1))

    def _batch(self, micro: int) -> tuple[Tensor, Tensor]:
        """Latents, (B, C, T, h, w) of clips or (B, C, h, w) of frames, and token ids (B, L)."""
        count, length = self.latents.values.shape[:2]
        if self.run.stage == "motion":
            chosen = torch.from_numpy(numbers(self.run.seed, count, self.run.batch, micro))
            clean = self.latents.values[chosen].transpose(1, 2)
        else:
            places = torch.from_numpy(numbers(self.run.seed, count * length, self.run.batch, micro))
            chosen = places // length
            clean = self.latents.values[chosen, places % length]
        dropped = torch.rand(len(chosen)) < self.run.text_dropout
        return clean, self.ids[torch.where(dropped, len(self.ids) - 1, chosen)]

    def _tokens(self, captions: list[str]) -> Any:
        tokenizer = self.parts.tokenizer
        return tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids


def _part(name: str) -> str:
    if name.startswith("text."):
        return "text"
    return "adapter" if ".motion_modules." in name else "unet"
