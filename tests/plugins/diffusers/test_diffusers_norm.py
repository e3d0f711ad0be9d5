"""Group norm as the AnimateDiff authors' UNet has it: which numbers are brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from animorch_diffusers.norm import normalised
from rendering import render


@pytest.fixture(scope="module")
def unet(weights: Any) -> Any:
    from animorch_diffusers.quiet import quiet
    from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel

    with quiet():
        return UNetMotionModel.from_unet2d(
            UNet2DConditionModel.from_pretrained(weights / "checkpoint/unet"),
            MotionAdapter.from_pretrained(weights / "motion_v1"),
        ).eval()


def outputs(unet: Any, mode: str | None) -> dict[str, tuple[Any, Any]]:
    """What some norms are given and give, in one UNet call of 2 clips with 3 frames."""
    import torch

    seen: dict[str, tuple[Any, Any]] = {}
    norms = {
        "resnet": unet.down_blocks[0].resnets[0].norm1,
        "attention": unet.down_blocks[0].attentions[0].norm,
        "motion": unet.down_blocks[0].motion_modules[0].norm,
        "out": unet.conv_norm_out,
    }
    hooks = [
        norm.register_forward_hook(lambda _norm, given, out, name=name: seen.update({name: (given[0], out)}))
        for name, norm in norms.items()
    ]
    torch.manual_seed(0)
    with torch.no_grad(), normalised(unet, mode):
        unet(torch.randn(2, 4, 3, 8, 8), 10, torch.randn(6, 77, 32))
    for hook in hooks:
        hook.remove()
    return seen


def over_clip(unet: Any, hidden: Any, out: Any, norm: Any) -> bool:
    import torch

    if hidden.ndim == 4:
        hidden, out = (each.reshape(2, 3, *each.shape[1:]).transpose(1, 2) for each in (hidden, out))
    whole = torch.nn.functional.group_norm(hidden, norm.num_groups, norm.weight, norm.bias, norm.eps)
    return bool(torch.allclose(whole, out, atol=1e-5))


@pytest.mark.parametrize(
    ("mode", "whole_clip"), [(None, {"motion"}), ("frame", set()), ("clip", {"resnet", "out"})]
)
def test_each_mode_normalises_over_the_clip_where_the_authors_do(
    mode: str | None, whole_clip: set[str], unet: Any
) -> None:
    norms = {
        "resnet": unet.down_blocks[0].resnets[0].norm1,
        "attention": unet.down_blocks[0].attentions[0].norm,
        "motion": unet.down_blocks[0].motion_modules[0].norm,
        "out": unet.conv_norm_out,
    }
    seen = outputs(unet, mode)
    found = {name for name, (hidden, out) in seen.items() if over_clip(unet, hidden, out, norms[name])}
    assert found == whole_clip
    assert not any("forward" in vars(norm) for norm in norms.values())


def test_the_modes_are_three_pictures_and_leave_nothing_behind(spec: Any, backend: Any) -> None:
    clips = [render(backend, spec(group_norm=mode)).frames for mode in (None, "frame", "clip", None)]
    assert np.array_equal(clips[0], clips[3])
    assert not any(np.array_equal(clips[1], clips[other]) for other in (0, 2))


def test_one_frame_is_the_same_in_every_mode(spec: Any, backend: Any) -> None:
    clips = [
        render(backend, spec(frames=1, group_norm=mode)).frames.astype(int)
        for mode in (None, "frame", "clip")
    ]
    assert max(abs(clips[0] - clip).max() for clip in clips[1:]) <= 1
