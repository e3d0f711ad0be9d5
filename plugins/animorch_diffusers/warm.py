"""Warm: what stays loaded between points, and how it comes to fit the next one.

The checkpoint's parts are read once and never written to. A pipeline is a shell of modules around
those same tensors and the motion module's; a changed motion module or LoRA means a new shell, so
nothing of the one before can be left in it, and no tensor is in memory twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from animorch import RenderSpec, Unsupported, WeightsError
from animorch_diffusers.assembling import Parts, assembled
from animorch_diffusers.checkpoint import Base, load_base
from animorch_diffusers.inputs import loaded_key
from animorch_diffusers.motion import Motion, load_motion
from animorch_diffusers.vae import load_vae

_KEYS = re.compile(r"motion_modules\..*\.attn[12]\.to_k$")


@dataclass(frozen=True)
class Ready:
    """A pipeline, still without scheduler, and the checkpoint's own scheduler config."""

    pipe: Any  # AnimateDiffPipeline; of the family sdxl AnimateDiffSDXLPipeline
    sampling: Mapping[str, Any]
    family: str = "sd15"  # sd15, sdxl or embedded


@dataclass
class Warm:
    """One checkpoint, motion module, VAE and pipeline, each beside the content it was made from."""

    device: Any
    dtype: Any
    offline: bool
    _base: tuple[object, Base] | None = field(default=None)
    _motion: tuple[object, Motion] | None = field(default=None)
    _vae: tuple[object, Any] | None = field(default=None)
    _ready: tuple[object, Ready] | None = field(default=None)

    def ready(self, spec: RenderSpec) -> Ready:
        """A pipeline with exactly this spec's weights; loads only what changed."""
        base_key = (spec.checkpoint.content(), spec.checkpoint.base)
        motion_key = (spec.motion.content(), spec.motion.table, spec.motion.base)
        vae_key = spec.vae and (spec.vae.content(), base_key)
        key = (base_key, motion_key, vae_key, _worn(spec), loaded_key(spec))
        if self._ready is None or self._ready[0] != key:
            self._ready = None  # let go of the old before the new is read
            base, motion = self._load_base(spec, base_key), self._load_motion(spec, motion_key)
            parts = Parts(base, self._load_vae(spec, base, vae_key), animated(base, motion))
            pipe = assembled(parts, spec, self.offline)
            self._ready = (key, Ready(pipe, base.sampling, spec.checkpoint.base))
        ready = self._ready[1]
        _refuse_frames(spec, ready.pipe.unet.config["motion_max_seq_length"])
        return ready

    def _load_base(self, spec: RenderSpec, key: object) -> Base:
        if self._base is None or self._base[0] != key:
            self._base = None
            self._base = (key, load_base(spec.checkpoint, self.device, self.dtype, self.offline))
        return self._base[1]

    def _load_motion(self, spec: RenderSpec, key: object) -> Motion:
        if self._motion is None or self._motion[0] != key:
            self._motion = None
            self._motion = (key, load_motion(spec.motion, self.offline).to(self.device, self.dtype))
        return self._motion[1]

    def _load_vae(self, spec: RenderSpec, base: Base, key: object) -> Any:
        """The VAE named apart, otherwise the checkpoint's own."""
        if spec.vae is None:
            if base.vae is None:
                raise WeightsError(f"checkpoint={spec.checkpoint.name} has no VAE in it; set vae.path=FILE")
            return base.vae
        if self._vae is None or self._vae[0] != key:
            self._vae = None
            self._vae = (key, load_vae(spec.vae, base, self.device, self.dtype, self.offline))
        return self._vae[1]


def _worn(spec: RenderSpec) -> object:
    """LoRAs with their strengths, and embeddings with their words."""
    loras = (*spec.loras, *spec.motion_loras)
    return (
        tuple((lora.content(), lora.weight, tuple(sorted(lora.blocks.items()))) for lora in loras),
        tuple((embedding.name, embedding.content()) for embedding in spec.embeddings),
    )


def _refuse_frames(spec: RenderSpec, table: int) -> None:
    if problem := spec.too_long(table):
        raise Unsupported(problem)


def animated(base: Base, motion: Motion) -> Any:
    """A UNetMotionModel around the checkpoint's and the motion module's tensors.

    What UNetMotionModel.from_unet2d makes, without filling 1.3 billion weights at random first.
    Every parameter must be given exactly once, so a part of another module can never stay behind.
    """
    from accelerate import init_empty_weights
    from diffusers import UNetMotionModel

    _refuse_misfit(base, motion)
    try:
        with init_empty_weights():
            unet = UNetMotionModel.from_unet2d(base.unet, _Blueprint(motion.config), load_weights=False)
        unet.load_state_dict({**base.unet.state_dict(), **motion.tensors}, strict=True, assign=True)
    except (RuntimeError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"motion={motion.name} does not fit this checkpoint's UNet ({why}); choose another"
        ) from error
    return unet.requires_grad_(False).eval()


@dataclass(frozen=True)
class _Blueprint:
    """What from_unet2d asks of a MotionAdapter when it loads no weights: its config, and a `to`."""

    config: Mapping[str, Any]

    def to(self, **_: Any) -> None:
        return None


def _refuse_misfit(base: Base, motion: Motion) -> None:
    channels = tuple(motion.config["block_out_channels"])
    if channels != base.channels:
        raise WeightsError(
            f"motion={motion.name} was made for a UNet of {channels} channels and the checkpoint's has "
            f"{base.channels}; "
            "choose a module of the checkpoint's family"
        )


@contextmanager
def scaled(unet: Any, scale: float) -> Iterator[None]:
    """Motion modules at another strength: their attention keys times `scale`.

    This is AnimateDiff-Evolved's scale_multival (CrossAttentionMM: `k *= self.scale`), the knob
    that module cards (LongAnimateDiff: 1.28) mean by motion scale.
    """
    keys = [layer for name, layer in unet.named_modules() if _KEYS.search(name)] if scale != 1 else []
    hooks = [layer.register_forward_hook(lambda _layer, _given, keys: keys * scale) for layer in keys]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
