"""Guide: a ControlNet or SparseCtrl encoder at work, giving residuals for a UNet call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from animorch_diffusers.inputs.start import FRAMES_AT_ONCE, signed, unsigned

Tensor = Any


@dataclass(frozen=True)
class Call:
    """What a UNet is about to be called with; see `Inputs.added`."""

    sample: Tensor  # (B, C, F, h, w), scaled
    timestep: Tensor
    text: Tensor  # (B or B * F, 77, width), negative first
    frames: Sequence[int]
    share: float
    steps: int
    guided: bool
    added_cond: dict[str, Any] | None

    def states(self) -> Tensor:
        """Text of shape (B * F, 77, width)."""
        alone = self.text.shape[0] == self.sample.shape[0]
        return self.text.repeat_interleave(len(self.frames), 0) if alone else self.text


@dataclass(frozen=True)
class Residuals:
    """What is added to the UNet's skip connections, each (B * F, …), and to its middle block."""

    down: tuple[Tensor, ...]
    mid: Tensor

    def __add__(self, other: Residuals) -> Residuals:
        down = tuple(one + two for one, two in zip(self.down, other.down, strict=True))
        return Residuals(down, self.mid + other.mid)

    def padded(self) -> Residuals:
        """The same for the prompted half, and nothing for the negative half before it."""
        import torch

        def behind(tensor: Tensor) -> Tensor:
            return torch.cat([torch.zeros_like(tensor), tensor])

        return Residuals(tuple(map(behind, self.down)), behind(self.mid))


@dataclass(frozen=True)
class Guide:
    """A ControlNet and a picture for each frame: uint8 (T, H, W, 3)."""

    network: Any
    pictures: Tensor
    weight: float
    start: float
    end: float
    guess_mode: bool

    def acts(self, call: Call) -> bool:
        """Whether this step lies between start and end (AnimateDiffControlNetPipeline, `controlnet_keep`)."""
        step = round(call.share * call.steps)
        return not (step / call.steps < self.start or (step + 1) / call.steps > self.end)

    def residuals(self, call: Call) -> Residuals:
        guess = self.guess_mode or self.network.config.global_pool_conditions
        half = guess and call.guided  # then the network looks at the prompted half alone
        sample = call.sample.transpose(1, 2).flatten(0, 1)
        text, added = call.states(), _per_frame(call.added_cond, len(call.frames))
        pictures = self.pictures[list(call.frames)]
        shown = unsigned(pictures, self.network.device, self.network.dtype).contiguous()
        if half:
            sample, text = sample.chunk(2)[1], text.chunk(2)[1]
            added = added and {key: value.chunk(2)[1] for key, value in added.items()}
        elif call.guided:
            shown = shown.repeat(2, 1, 1, 1)
        down, mid = self.network(
            sample,
            call.timestep,
            encoder_hidden_states=text,
            controlnet_cond=shown,
            conditioning_scale=self.weight,
            guess_mode=guess,
            added_cond_kwargs=added,
            return_dict=False,
        )
        found = Residuals(tuple(down), mid)
        return found.padded() if half else found


@dataclass(frozen=True)
class SparseGuide:
    """A SparseCtrl encoder with what it sees of every frame, black where no keyframe is.

    seen: (1, C, T, h, w), latents for RGB and pixels for scribbles; given: (1, 1, T, h, w), 1 at keyframes.
    """

    network: Any
    seen: Tensor
    given: Tensor
    weight: float

    def acts(self, _call: Call) -> bool:
        return True

    def residuals(self, call: Call) -> Residuals:
        frames = list(call.frames)
        down, mid = self.network(
            call.sample,
            call.timestep,
            encoder_hidden_states=call.states(),
            controlnet_cond=self.seen[:, :, frames],
            conditioning_mask=self.given[:, :, frames],
            conditioning_scale=self.weight,
            guess_mode=False,
            return_dict=False,
        )
        return Residuals(tuple(down), mid)


def sparse_guide(
    network: Any, numbers: Sequence[int], pictures: Tensor, frames: int, weight: float, vae: Any
) -> SparseGuide:
    """Keyframes (K, H, W, 3) uint8 laid out over the clip.

    RGB keyframes go through the VAE, whose mean is taken: AnimateDiff and diffusers draw a sample outside of
    any seed, so that no two clips were the same.
    """
    if network.use_simplified_condition_embedding:
        parts = signed(pictures, network.device, vae.dtype).split(FRAMES_AT_ONCE)
        seen = _joined([vae.encode(part).latent_dist.mode() for part in parts]) * vae.config.scaling_factor
    else:
        seen = unsigned(pictures, network.device, network.dtype)
    seen = seen.to(network.device, network.dtype).permute(1, 0, 2, 3)[None]
    all_seen = seen.new_zeros(1, seen.shape[1], frames, *seen.shape[3:])
    given = seen.new_zeros(1, 1, frames, *seen.shape[3:])
    all_seen[:, :, list(numbers)] = seen
    given[:, :, list(numbers)] = 1
    return SparseGuide(network, all_seen, given, weight)


def _joined(parts: list[Tensor]) -> Tensor:
    import torch

    return torch.cat(parts)


def _per_frame(added: dict[str, Any] | None, frames: int) -> dict[str, Any] | None:
    """SDXL's pooled text and sizes for every frame; None for a base without them."""
    wanted = {key: value for key, value in (added or {}).items() if key in ("text_embeds", "time_ids")}
    return {key: value.repeat_interleave(frames, 0) for key, value in wanted.items()} or None
