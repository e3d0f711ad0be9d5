"""Latents: clips as the VAE encodes them, kept in memory and on disk, or made anew each time."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from animorch import UsageError
from animorch_diffusers.training.pictures import encoded
from animorch_diffusers.training.recipe import Data
from animorch_diffusers.training.source import Clips, asked, clips_of, stamp

Tensor = Any
_CLIPS_AT_ONCE = 16


@dataclass(frozen=True)
class Kept:
    """Every clip encoded once. values: (N, T, C, h, w) float32 of spread one; captions: N texts."""

    values: Tensor
    captions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.captions)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one clip: (T, C, h, w)."""
        return tuple(self.values.shape[1:])

    def take(self, numbers: Sequence[int], epochs: Sequence[int]) -> tuple[Tensor, list[str]]:
        """Clips of these numbers in these epochs: (B, T, C, h, w), and B captions."""
        return self.values[list(numbers)], [self.captions[number] for number in numbers]


@dataclass(frozen=True)
class Fresh:
    """Clips encoded each time they are taken: in every epoch at another start, mirrored or not."""

    clips: Any  # a folder's, which has `at(number, epoch)`
    vae: Any

    def __len__(self) -> int:
        return len(self.clips)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Of one clip: (T, C, h, w)."""
        return tuple(self.take([0], [0])[0].shape[1:])

    def take(self, numbers: Sequence[int], epochs: Sequence[int]) -> tuple[Tensor, list[str]]:
        """As Kept.take."""
        chosen = zip(numbers, epochs, strict=True)
        return _latents([self.clips.at(number, epoch) for number, epoch in chosen], self.vae)


Latents = Kept | Fresh


def kept(data: Data, seed: int, most: int | None, vae: Any, folder: Path) -> Kept:
    """Read from the folder when it has those of this data and this encoder, else made and kept there."""
    clips = clips_of(data, seed)
    count = min(most or len(clips), len(clips))
    path = folder / f"latents-{_key(data, seed, count, vae)}.npz"
    if path.is_file():
        with np.load(path) as found:
            return Kept(torch.from_numpy(found["values"]), tuple(str(text) for text in found["captions"]))
    made = _made(clips, count, vae)
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        np.savez(beside, values=made.values.numpy(), captions=np.array(made.captions))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return made


def _made(clips: Clips, count: int, vae: Any) -> Kept:
    captions: list[str] = []
    values, shapes = [], set()
    for start in range(0, count, _CLIPS_AT_ONCE):
        drawn = [clips[number] for number in range(start, min(start + _CLIPS_AT_ONCE, count))]
        shapes |= {frames.shape[:3] for frames, _ in drawn}
        refuse_unlike(shapes)
        latents, texts = _latents(drawn, vae)
        values.append(latents)
        captions += texts
    return Kept(torch.cat(values), tuple(captions))


def _latents(drawn: list[tuple[Any, str]], vae: Any) -> tuple[Tensor, list[str]]:
    """Scaled to a spread of one, on the CPU: (N, T, C, h, w)."""
    refuse_unlike({frames.shape[:3] for frames, _ in drawn})
    frames = np.stack([frames for frames, _ in drawn])
    _refuse_size(frames.shape, 2 ** (len(vae.config.block_out_channels) - 1))
    flat = encoded(vae, frames.reshape(-1, *frames.shape[2:])) * vae.config.scaling_factor
    flat = flat.contiguous()  # channels-last strides of a small VAE crash the UNet's backward pass on CPUs
    return flat.view(*frames.shape[:2], *flat.shape[1:]), [caption for _, caption in drawn]


def refuse_unlike(shapes: Collection[tuple[int, ...]]) -> None:
    """Raise UsageError when clips of these frames, heights and widths do not fit into one batch."""
    if len(set(shapes)) > 1:
        raise UsageError(
            f"the clips of data differ in frames, height or width ({', '.join(map(str, sorted(shapes)))}); "
            "make them alike, or set data.width and data.height"
        )


def _refuse_size(shape: tuple[int, ...], side: int) -> None:
    height, width = shape[2:4]
    if height % side or width % side:
        raise UsageError(
            f"the clips are {width}x{height} and this VAE needs multiples of {side}; set data.width="
            f"{width // side * side or side} data.height={height // side * side or side}"
        )


def _key(data: Data, seed: int, count: int, vae: Any) -> str:
    """Of the data asked for and of the encoder; the decoder may go on learning."""
    words = [*asked(data, seed), stamp(data), count, vae.config.scaling_factor]
    told = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
    for name, value in sorted(vae.state_dict().items()):
        if name.startswith(("encoder.", "quant_conv.")):
            told.update(value.float().cpu().numpy().tobytes())
    return told.hexdigest()[:16]
