"""Tuned: what the stages motion and motion_lora share: a checkpoint and a motion module as they are loaded
for a render, AnimateDiff's loss on captioned clips, and where the clips come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from animorch import Report, UsageError
from animorch_diffusers.checkpoint import Base, load_base
from animorch_diffusers.motion import Motion as Module
from animorch_diffusers.motion import load_motion
from animorch_diffusers.training.base import tokens
from animorch_diffusers.training.batch import Batch, samples
from animorch_diffusers.training.chance import Chance
from animorch_diffusers.training.latents import Fresh, Latents, kept
from animorch_diffusers.training.loss import weighed
from animorch_diffusers.training.noise import Noise
from animorch_diffusers.training.source import clips_of
from animorch_diffusers.training.stage import Stage
from animorch_diffusers.training.trap import notes
from animorch_diffusers.training.tune import Tune
from animorch_diffusers.training.validation import Studio
from animorch_diffusers.warm import animated

Tensor = Any


class TunedStage(Stage):
    """A frozen UNetMotionModel on the device; a subclass says what of it learns."""

    def __init__(self, run: Tune, folder: Path, name: str, report: Report, device: Any) -> None:
        super().__init__()
        self.run, self.name = run, name
        base = load_base(run.checkpoint, device, torch.float32, run.offline)
        module = stretched(load_motion(run.motion, run.offline), run.multiplier)
        self.config = dict(module.config)  # of the MotionAdapter
        self.unet = animated(base, module.to(device, torch.float32))
        self.vae, self.text, self.tokenizer = base.vae, base.text_encoder, base.tokenizer
        self.sampling = _sampling(run, base)
        for sentence in notes(run, base.sampling):
            report.note(sentence)
        self.noise = _noise(run, self.sampling).to(device)
        self.latents = _latents(run, self.vae, folder)
        _refuse_long(self.latents, module)
        if run.gradient_checkpointing:
            self.unet.enable_gradient_checkpointing()

    def forward(self, batch: Batch) -> Tensor:
        clean, captions = self._clean(batch)
        chance = Chance.of(self.run.seed, batch, tuple(clean.shape[1:]), clean.device)
        dropped = (chance.drops < self.run.text_dropout).tolist()
        said = ["" if drop else text for drop, text in zip(dropped, captions, strict=True)]
        timesteps = self.noise.timesteps(chance.times)
        seen = self.noise.noised(clean, chance.noise, timesteps)
        text = self._embedded(said).repeat_interleave(clean.shape[2], dim=0)
        answer = self.unet(seen, timesteps, encoder_hidden_states=text).sample
        target = self.noise.target(clean, chance.noise, timesteps)
        return weighed(answer, target, timesteps, self.noise, self.run.min_snr)

    def studio(self) -> Studio | None:
        if not self.run.validation.every:
            return None
        _, _, height, width = self.latents.shape
        side = 2 ** (len(self.vae.config.block_out_channels) - 1)
        return Studio(
            self.run.validation,
            self.run.checkpoint,
            self.run.scheduled.model_copy(update={"table": None}),
            self.sampling,
            self.vae,
            self.text,
            self.tokenizer,
            self.unet,
            width * side,
            height * side,
            self.run.data.fps or 8.0,
        )

    def _clean(self, batch: Batch) -> tuple[Tensor, list[str]]:
        """Latents (B, C, T, h, w) on the device, and their captions."""
        numbers = samples(self.run.seed, len(self.latents), batch.places).tolist()
        epochs = (batch.places // len(self.latents)).tolist()
        values, captions = self.latents.take(numbers, epochs)
        return values.transpose(1, 2).to(self.unet.device), captions

    def _embedded(self, captions: list[str]) -> Tensor:
        with torch.no_grad():
            return self.text(tokens(self.tokenizer, captions).to(self.text.device))[0]


def stretched(module: Module, multiplier: int) -> Module:
    """Each row of the position tables `multiplier` times in a row, as Evo-Tuner's pe_multiplier does.

    Neighbouring frames then begin with the same position, and the module learns to part them.
    """
    if multiplier == 1:
        return module
    tensors = {
        name: tensor.repeat_interleave(multiplier, dim=1) if name.endswith(".pos_embed.pe") else tensor
        for name, tensor in module.tensors.items()
    }
    length = module.config["motion_max_seq_length"] * multiplier
    return Module(module.name, tensors, {**module.config, "motion_max_seq_length": length})


def _sampling(run: Tune, base: Base) -> dict[str, Any]:
    """The checkpoint's scheduler config, with the prediction type that is trained."""
    own = base.sampling.get("prediction_type", "epsilon")
    return {**base.sampling, "prediction_type": run.prediction or own}


def _noise(run: Tune, sampling: dict[str, Any]) -> Noise:
    """On the motion module's betas, and without signal at the end when the checkpoint is sampled so."""
    betas = run.scheduled
    zero_snr = bool(sampling.get("rescale_betas_zero_snr", False))
    return Noise.of(
        betas.beta_schedule, betas.beta_start, betas.beta_end, sampling["prediction_type"], zero_snr
    )


def _latents(run: Tune, vae: Any, folder: Path) -> Latents:
    keep = not run.data.varies if run.cache_latents is None else run.cache_latents
    if keep or not run.data.varies:
        return kept(run.data, run.seed, None, vae, folder.parent / ".latents")
    return Fresh(clips_of(run.data, run.seed), vae)


def _refuse_long(latents: Latents, module: Module) -> None:
    length, table = latents.shape[0], module.config["motion_max_seq_length"]
    if length > table:
        raise UsageError(
            f"the clips have {length} frames, more than the {table} that motion={module.name} has positions "
            "for; take shorter clips, or raise position_multiplier in mode=motion"
        )
