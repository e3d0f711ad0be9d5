"""Norm: what the UNet's group norms see, as in the AnimateDiff authors' code.

guoyww/AnimateDiff, resnet.py (InflatedGroupNorm) and motion_module.py:

                        resnets' norms and the one before conv_out     entry of the motion modules
group_norm=clip (v1)    over the clip: (C / groups, T, H, W)           each frame
group_norm=frame (v2)   each frame: (C / groups, H, W)                 each frame
null (diffusers)        each frame                                     over the clip

The norm at the entry of spatial attention is per frame everywhere. The clip is what one UNet call sees:
inside a window, the window's frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass
class _Call:
    """Frames of the UNet call that is under way."""

    frames: int = 1


@contextmanager
def normalised(unet: Any, mode: str | None) -> Iterator[None]:
    """The UNet with its norms as `mode` says (frame, clip; None leaves it as it is)."""
    if mode is None:
        yield
        return
    call = _Call()
    entries = [part.norm for part in unet.modules() if type(part).__name__ == "AnimateDiffTransformer3D"]
    changed = [(norm, _each_frame(norm.forward)) for norm in entries]
    if mode == "clip":
        changed += [(norm, _over_clip(norm.forward, call)) for norm in _spatial(unet)]
    before = [(norm, vars(norm).get("forward")) for norm, _ in changed]
    told = unet.register_forward_pre_hook(lambda _unet, given: setattr(call, "frames", given[0].shape[2]))
    try:
        for norm, forward in changed:
            norm.forward = forward
        yield
    finally:
        told.remove()
        for norm, own in before:
            del norm.forward  # the class's own again
            if own is not None:  # or an offloading hook's
                norm.forward = own


def _spatial(unet: Any) -> Iterator[Any]:
    for part in unet.modules():
        if type(part).__name__ == "ResnetBlock2D":
            yield from (part.norm1, part.norm2)
    if unet.conv_norm_out is not None:
        yield unet.conv_norm_out


def _each_frame(plain: Any) -> Any:
    """forward for (B, C, T, H, W), every frame by itself."""

    def forward(hidden: Any) -> Any:
        batch, channels, frames, *size = hidden.shape
        apart = hidden.transpose(1, 2).reshape(batch * frames, channels, *size)
        return plain(apart).reshape(batch, frames, channels, *size).transpose(1, 2)

    return forward


def _over_clip(plain: Any, call: _Call) -> Any:
    """forward for (B * T, C, H, W), the frames of a clip together."""

    def forward(hidden: Any) -> Any:
        rows, channels, *size = hidden.shape
        clip = hidden.reshape(rows // call.frames, call.frames, channels, *size).transpose(1, 2)
        return plain(clip).transpose(1, 2).reshape(rows, channels, *size)

    return forward
