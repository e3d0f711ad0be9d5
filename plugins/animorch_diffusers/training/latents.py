"""Latents: every clip encoded once, kept in memory and on disk beside what they were made from."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from animorch_diffusers.training.recipe import BaseRun
from animorch_diffusers.training.source import clips_of
from animorch_diffusers.training.vae import encoded

Tensor = Any
_CLIPS_AT_ONCE = 16


@dataclass(frozen=True)
class Latents:
    """values: (N, T, C, h, w) float32, scaled to a standard deviation of about one. captions: N texts."""

    values: Tensor
    captions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.captions)


def latents_of(run: BaseRun, vae: Any) -> Latents:
    """Read from the run's parent folder when it has those of this data and this VAE, else made there."""
    path = run.folder.parent / f"latents-{_key(run, vae)}.npz"
    if path.is_file():
        with np.load(path) as kept:
            return Latents(torch.from_numpy(kept["values"]), tuple(str(text) for text in kept["captions"]))
    made = _made(run, vae)
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(beside, values=made.values.numpy(), captions=np.array(made.captions))
    os.replace(beside, path)
    return made


def _made(run: BaseRun, vae: Any) -> Latents:
    clips, captions, values = clips_of(run.data), [], []
    count = min(run.clips, len(clips))
    for start in range(0, count, _CLIPS_AT_ONCE):
        drawn = [clips[number] for number in range(start, min(start + _CLIPS_AT_ONCE, count))]
        captions += [caption for _, caption in drawn]
        frames = np.stack([frames for frames, _ in drawn])
        flat = encoded(vae, frames.reshape(-1, *frames.shape[2:]))
        values.append(flat.view(*frames.shape[:2], *flat.shape[1:]) * vae.config.scaling_factor)
    return Latents(torch.cat(values), tuple(captions))


def _key(run: BaseRun, vae: Any) -> str:
    """Of the data asked for and of the encoder; the decoder may go on learning."""
    told = hashlib.sha256(f"{run.data.model_dump_json()} {run.clips} {vae.config.scaling_factor}".encode())
    for name, value in sorted(vae.state_dict().items()):
        if name.startswith(("encoder.", "quant_conv.")):
            told.update(value.numpy().tobytes())
    return told.hexdigest()[:16]
