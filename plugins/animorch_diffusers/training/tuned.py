"""Tuned: what the stages motion, motion_lora and style_lora share: weights as they are loaded for a render,
AnimateDiff's loss on captioned clips, and where the clips come from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from animorch import Report, UsageError, WeightsError
from animorch_diffusers.checkpoint import Base, load_base
from animorch_diffusers.motion import Motion as Module
from animorch_diffusers.motion import load_motion
from animorch_diffusers.training.batch import Batch, samples
from animorch_diffusers.training.chance import Chance
from animorch_diffusers.training.latents import Fresh, Latents, kept
from animorch_diffusers.training.loss import weighed
from animorch_diffusers.training.noise import Noise
from animorch_diffusers.training.parts import tokens
from animorch_diffusers.training.source import clips_of
from animorch_diffusers.training.stage import Stage
from animorch_diffusers.training.trap import notes
from animorch_diffusers.training.tune import BETAS, Tune, TuneMotion
from animorch_diffusers.training.validation import Studio
from animorch_diffusers.warm import animated

Tensor = Any


class TunedStage(Stage):
    """A frozen UNet on the device; a subclass says what of it learns, or is added to it and learns."""

    def __init__(self, run: Tune, folder: Path, name: str, report: Report, device: Any) -> None:
        super().__init__()
        self.run, self.name = run, name
        base = load_base(run.checkpoint, device, torch.float32, run.offline)
        if base.vae is None:
            raise WeightsError(f"checkpoint={run.checkpoint.name} has no VAE in it; choose one that has")
        self.vae, self.text, self.tokenizer = base.vae, base.text_encoder, base.tokenizer
        self.sampling = _sampling(run, base)
        self.unet = self.begun(base, device)
        for sentence in notes(run, base.sampling):
            report.note(sentence)
        self.noise = _noise(run.betas(self.own_betas()), self.sampling).to(device)
        self.latents = _latents(run, self.vae, folder)
        if run.gradient_checkpointing:
            self.unet.enable_gradient_checkpointing()

    @abstractmethod
    def begun(self, base: Base, device: Any) -> Any:
        """The UNet that is trained in."""

    @abstractmethod
    def own_betas(self) -> Mapping[str, Any]:
        """beta_schedule, beta_start and beta_end of the weights that learn."""

    def answer(self, seen: Tensor, timesteps: Tensor, text: Tensor) -> Tensor:
        """The UNet's, of seen (B, C, T, h, w), timesteps (B,) and text (B x T, L, width)."""
        return self.unet(seen, timesteps, encoder_hidden_states=text).sample

    def forward(self, batch: Batch) -> Tensor:
        clean, captions = self.clean(batch)
        chance = Chance.of(self.run.seed, batch, tuple(clean.shape[1:]), clean.device)
        dropped = (chance.drops < self.run.text_dropout).tolist()
        said = ["" if drop else text for drop, text in zip(dropped, captions, strict=True)]
        timesteps = self.noise.timesteps(chance.times)
        seen = self.noise.noised(clean, chance.noise, timesteps)
        text = self._embedded(said).repeat_interleave(clean.shape[2], dim=0)
        answer = self.answer(seen, timesteps, text)
        target = self.noise.target(clean, chance.noise, timesteps)
        return weighed(answer, target, timesteps, self.noise, self.run.min_snr)

    def clean(self, batch: Batch) -> tuple[Tensor, list[str]]:
        """Latents (B, C, T, h, w) on the device, and their captions."""
        numbers = samples(self.run.seed, len(self.latents), batch.places).tolist()
        epochs = (batch.places // len(self.latents)).tolist()
        values, captions = self.latents.take(numbers, epochs)
        return values.transpose(1, 2).to(self.unet.device), captions

    def _embedded(self, captions: list[str]) -> Tensor:
        with torch.no_grad():
            return self.text(tokens(self.tokenizer, captions).to(self.text.device))[0]


class MotionStage(TunedStage):
    """A frozen UNetMotionModel."""

    run: TuneMotion

    def __init__(self, run: TuneMotion, folder: Path, name: str, report: Report, device: Any) -> None:
        super().__init__(run, folder, name, report, device)
        _refuse_long(self.latents, run.motion.name, self.config["motion_max_seq_length"])

    def begun(self, base: Base, device: Any) -> Any:
        module = stretched(load_motion(self.run.motion, self.run.offline), self.run.multiplier)
        self.config = dict(module.config)  # of the MotionAdapter
        return animated(base, module.to(device, torch.float32))

    def own_betas(self) -> Mapping[str, Any]:
        return self.run.motion.model_dump()

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


def _noise(betas: Mapping[str, Any], sampling: Mapping[str, Any]) -> Noise:
    """On these betas, and without signal at the end when the checkpoint is sampled so."""
    zero_snr = bool(sampling.get("rescale_betas_zero_snr", False))
    schedule, start, end = (betas[key] for key in BETAS)
    return Noise.of(schedule, start, end, sampling["prediction_type"], zero_snr)


def _latents(run: Tune, vae: Any, folder: Path) -> Latents:
    keep = not run.data.varies if run.cache_latents is None else run.cache_latents
    if keep or not run.data.varies:
        return kept(run.data, run.seed, None, vae, folder.parent / ".latents")
    return Fresh(clips_of(run.data, run.seed), vae)


def _refuse_long(latents: Latents, name: str, table: int) -> None:
    length = latents.shape[0]
    if length > table:
        raise UsageError(
            f"the clips have {length} frames, more than the {table} that motion={name} has positions "
            "for; take shorter clips, or raise position_multiplier in mode=motion"
        )
