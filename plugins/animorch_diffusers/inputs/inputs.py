"""Inputs: everything of a spec that the denoising loop must hand to the UNet or put into the latents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

from animorch import ControlNet, IPAdapter, RenderSpec, SparseControl, Weights
from animorch_diffusers.inputs.guide import Call, Guide, SparseGuide, sparse_guide
from animorch_diffusers.inputs.kept import keep_only, kept
from animorch_diffusers.inputs.look import Look, looked_at, set_weights
from animorch_diffusers.inputs.network import load_network
from animorch_diffusers.inputs.pictures import masks, pictures
from animorch_diffusers.inputs.start import Start

Tensor = Any


def inputs_for(spec: RenderSpec, pipe: Any, device: Any, dtype: Any, offline: bool) -> Inputs | None:
    """What this spec renders from besides words; None when it is words alone.

    Raises WeightsError and MediaError for files that preflight could not see into.
    """
    if not (spec.init or spec.mask or spec.controlnets or spec.sparse_control or spec.ip_adapters):
        return None
    return _Gathering(spec, pipe, device, dtype, offline).inputs()


@dataclass
class Inputs:
    """Asked by the loop: `begin` once, `added` at every UNet call, `after` behind every step."""

    start: Start | None
    guides: tuple[Guide | SparseGuide, ...]
    looks: tuple[Look, ...]
    _steps: int = field(default=1)

    def begin(self, noise: Tensor, scheduler: Any, generator: Any) -> tuple[Tensor, Tensor]:
        """The first latents and the timesteps to go through, from unit noise (1, C, T, h, w)."""
        if self.start is not None:
            latents, timesteps = self.start.begin(noise, scheduler, generator)
        else:
            latents, timesteps = noise * scheduler.init_noise_sigma, scheduler.timesteps
        self._steps = max(1, len(timesteps))
        return latents, timesteps

    def added(
        self,
        sample: Tensor,
        timestep: Tensor,
        text: Tensor,
        frames: Sequence[int],
        share: float,
        guided: bool,
        added_cond: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Arguments of this UNet call.

        sample: the scaled model input (B, C, F, h, w), B = 2 when guided, negative first. text: (B * F, 77,
        width). frames: the clip's frame numbers in it. share: step / steps. added_cond: SDXL's, which are in
        what is returned again.
        """
        call = Call(sample, timestep, text, frames, share, self._steps, guided, added_cond)
        given: dict[str, Any] = {"added_cond_kwargs": dict(added_cond)} if added_cond else {}
        if self.looks:
            embeds = [look.embeds(guided) for look in self.looks]
            given["added_cond_kwargs"] = {**(added_cond or {}), "image_embeds": embeds}
            if any(look.mask is not None for look in self.looks):
                given["cross_attention_kwargs"] = {"ip_adapter_masks": [look.mask for look in self.looks]}
        found = [guide.residuals(call) for guide in self.guides if guide.acts(call)]
        if found:
            total = reduce(add, found)
            given["down_block_additional_residuals"] = total.down
            given["mid_block_additional_residual"] = total.mid
        return given

    def after(self, latents: Tensor, step: int, timesteps: Tensor, scheduler: Any, noise: Tensor) -> Tensor:
        """The latents behind a step, with what the mask protects put back."""
        return latents if self.start is None else self.start.after(latents, step, timesteps, scheduler, noise)


@dataclass(frozen=True)
class _Gathering:
    """One spec's inputs being read; networks and embeddings are kept for the next point."""

    spec: RenderSpec
    pipe: Any
    device: Any
    dtype: Any
    offline: bool

    def inputs(self) -> Inputs:
        spec = self.spec
        sources = (*spec.controlnets, *([spec.sparse_control] if spec.sparse_control else []))
        keep_only(self.pipe.vae, [*map(self._key, sources), *map(self._key, spec.ip_adapters)])
        guides = [self._guide(net) for net in spec.controlnets]
        sparse = [self._sparse(spec.sparse_control)] if spec.sparse_control else []
        looks = tuple(self._look(place, adapter) for place, adapter in enumerate(spec.ip_adapters))
        if looks:
            set_weights(self.pipe.unet, [look.weight for look in looks])
        return Inputs(self._start(), (*guides, *sparse), looks)

    def _key(self, source: Weights) -> tuple[str, ...]:
        """Networks by their weights alone, looks by their images as well."""
        content = source.content() if isinstance(source, IPAdapter) else Weights.content(source)
        return (type(source).__name__, content, str(self.device), str(self.dtype))

    def _network(self, source: ControlNet | SparseControl) -> Any:
        def load() -> Any:
            return load_network(source, self.pipe.unet, self.device, self.dtype, self.offline)

        return kept(self.pipe.vae, self._key(source), load)

    def _shown(self, path: str, frames: int) -> Tensor:
        import torch

        return torch.from_numpy(pictures(path, frames, self.spec.width, self.spec.height))

    def _guide(self, net: ControlNet) -> Guide:
        shown = self._shown(net.pictures, self.spec.frames)
        return Guide(self._network(net), shown, net.weight, net.start, net.end, net.guess_mode)

    def _sparse(self, sparse: SparseControl) -> SparseGuide:
        import torch

        frames = self.spec.frames
        numbers = [number % frames for number in sparse.keyframes]  # -1 is the last frame
        shown = torch.cat([self._shown(path, 1) for path in sparse.keyframes.values()])
        return sparse_guide(self._network(sparse), numbers, shown, frames, sparse.weight, self.pipe.vae)

    def _look(self, place: int, adapter: IPAdapter) -> Look:
        layer = self.pipe.unet.encoder_hid_proj.image_projection_layers[place]

        def load() -> Any:
            return looked_at(adapter, layer, self.device, self.dtype, self.offline)

        shown, nothing = kept(self.pipe.vae, self._key(adapter), load)
        return Look(shown, nothing, adapter.weight, self._mask_of(adapter))

    def _mask_of(self, adapter: IPAdapter) -> Tensor | None:
        """(1, images, h, w): an adapter's mask once for each of its images."""
        import torch

        if adapter.mask is None:
            return None
        found = torch.from_numpy(masks(adapter.mask, 1, *self._latent_size()))
        return found.to(self.device, self.dtype).repeat(1, len(adapter.images), 1, 1)

    def _latent_size(self) -> tuple[int, int]:
        """Width and height."""
        scale = self.pipe.vae_scale_factor
        return self.spec.width // scale, self.spec.height // scale

    def _start(self) -> Start | None:
        spec = self.spec
        if spec.init is None:
            return None
        shown = self._shown(spec.init.path, spec.frames)
        return Start(shown, spec.init.strength, self.pipe.vae, self.device, self.dtype, self._mask())

    def _mask(self) -> Tensor | None:
        """(1, 1, T, h, w)."""
        import torch

        spec = self.spec
        if spec.mask is None:
            return None
        found = masks(spec.mask.path, spec.frames, *self._latent_size())
        return torch.from_numpy(found).to(self.device, self.dtype).permute(1, 0, 2, 3)[None]
