"""Vae: the stage that learns to encode and decode single frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL

from animorch_diffusers.training.batch import Batch, samples
from animorch_diffusers.training.export import placed
from animorch_diffusers.training.latents import refuse_unlike
from animorch_diffusers.training.pictures import encoded, pixels
from animorch_diffusers.training.small import BaseVae
from animorch_diffusers.training.source import clips_of
from animorch_diffusers.training.stage import Stage, Values

Tensor = Any
VAE = "vae"  # in the result folder


class VaeStage(Stage):
    """Reconstruction (squared and edge loss) with a small divergence from the standard normal."""

    def __init__(self, run: BaseVae) -> None:
        super().__init__()
        self.run = run
        self.vae = _begun(run)
        self.frames = _frames(run)

    def learning(self) -> dict[str, torch.nn.Parameter]:
        if self.run.decoder_only:
            self.vae.encoder.requires_grad_(False)
            self.vae.quant_conv.requires_grad_(False)
        return {name: value for name, value in self.vae.named_parameters() if value.requires_grad}

    def forward(self, batch: Batch) -> Tensor:
        chosen = samples(self.run.seed, len(self.frames), batch.places)
        pictures = _recoloured(_cropped(pixels(self.frames[chosen]), self.run.crop), self.run.recolour)
        pictures = pictures.to(self.vae.device)
        hidden = self.vae.encode(pictures).latent_dist
        latents = hidden.sample()
        latents = latents + self.run.latent_noise / self.vae.config.scaling_factor * torch.randn_like(latents)
        decoded = self.vae.decode(latents).sample.float()
        wrong = decoded - pictures
        near = (_standing_out(pictures) * (wrong.square() + 0.2 * wrong.abs())).mean()
        return near + self.run.edges * _edges(wrong) + self.run.kl * hidden.kl().float().mean()

    def export(self, result: Path, values: Values) -> None:
        """A diffusers folder whose scaling factor brings latents to a standard deviation of one."""
        finished = AutoencoderKL.from_config(self.vae.config)
        finished.load_state_dict(self.vae.state_dict() | values)
        if not self.run.decoder_only:
            some = self.frames[:: max(1, len(self.frames) // 256)][:256]
            finished.register_to_config(scaling_factor=round(1 / float(encoded(finished, some).std()), 5))
        with placed(result / VAE) as folder:
            finished.save_pretrained(folder)


def _begun(run: BaseVae) -> Any:
    if run.start is not None:
        return AutoencoderKL.from_pretrained(run.start)
    vae = AutoencoderKL(**run.vae)
    _begin_plain(vae)
    return vae


def _cropped(pictures: Tensor, side: int | None) -> Tensor:
    """A square of every picture, at a place of its own: (N, 3, side, side)."""
    if side is None:
        return pictures
    down, across = (torch.randint(0, size - side + 1, (len(pictures),)) for size in pictures.shape[2:])
    places = zip(pictures, down.tolist(), across.tolist(), strict=True)
    return torch.stack([one[:, top : top + side, left : left + side] for one, top, left in places])


def _recoloured(pictures: Tensor, share: float) -> Tensor:
    """Channels of some pictures exchanged, and each turned into its negative by chance.

    A palette of a few colours is learnt as so many cases; this makes colour a thing of degree.
    """
    changed = (torch.rand(len(pictures)) < share).view(-1, 1, 1, 1)
    order = torch.rand(len(pictures), 3).argsort(dim=1)
    exchanged = torch.gather(pictures, 1, order[:, :, None, None].expand_as(pictures))
    sign = (torch.rand(len(pictures), 3, 1, 1) < 0.5).float() * 2 - 1
    return torch.where(changed, exchanged * sign, pictures)


def _begin_plain(vae: Any) -> None:
    """A new VAE begins nearly linear and nearly without spread, so that colours come through at once.

    Residual branches start at zero. At the usual spread of one, noise would hide what the encoder says.
    """
    half = vae.config.latent_channels
    with torch.no_grad():
        vae.quant_conv.weight[half:] *= 0.1
        vae.quant_conv.bias[half:] = -8.0
        for name, value in vae.named_parameters():
            if ".resnets." in name and ".conv2." in name:
                value.zero_()


def _standing_out(pictures: Tensor) -> Tensor:
    """Weights (N, 1, H, W): pixels unlike their picture's mean count more, as a small shape would be lost."""
    apart = (pictures - pictures.mean(dim=(2, 3), keepdim=True)).abs().mean(dim=1, keepdim=True)
    return 1 + 3 * apart


def _frames(run: BaseVae) -> np.ndarray[Any, Any]:
    """Every fifth frame of the clips: (N, H, W, 3)."""
    clips = clips_of(run.data, run.seed)
    found = [clips[number][0][::5] for number in range(min(run.clips, len(clips)))]
    refuse_unlike({frames.shape[1:3] for frames in found})
    return np.concatenate(found)


def _edges(wrong: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring pixels of the error: blur costs most at edges."""
    across, down = wrong[..., 1:] - wrong[..., :-1], wrong[..., 1:, :] - wrong[..., :-1, :]
    return across.abs().mean() + down.abs().mean()
