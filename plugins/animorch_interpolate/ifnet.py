"""IFNet: the network of RIFE, in the two shapes that its published weights have.

Huang et al., "Real-Time Intermediate Flow Estimation for Video Frame Interpolation" (ECCV 2022,
arXiv 2011.06294), and the releases of Practical-RIFE. From coarse to fine, blocks correct an estimate of
the flow from the wanted picture to both given ones, and of a mask that says which of the two to take.

Widths, the number of blocks and whether there is an encoder are read from the weights, so one class serves
4.5 to 4.26 with their lite and heavy forms. Images are (1, 3, H, W) in 0..1, H and W multiples of `side`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_LITE = 24  # width of the last block of 4.25 lite, which alone starts coarser and skips a scale


def warp(picture: Tensor, flow: Tensor) -> Tensor:
    """The picture (N, C, H, W) sampled where the flow (N, 2, H, W; pixels right, down) points."""
    height, width = flow.shape[2:]
    across = torch.linspace(-1, 1, width, device=flow.device, dtype=flow.dtype).view(1, 1, width)
    down = torch.linspace(-1, 1, height, device=flow.device, dtype=flow.dtype).view(1, height, 1)
    grid = torch.stack(
        [across + flow[:, 0] / ((width - 1) / 2), down + flow[:, 1] / ((height - 1) / 2)], dim=-1
    )
    return F.grid_sample(picture, grid, mode="bilinear", padding_mode="border", align_corners=True)


def resized(pictures: Tensor, scale: float) -> Tensor:
    """Bilinear, by a factor."""
    return F.interpolate(pictures, scale_factor=scale, mode="bilinear", align_corners=False)


def turned(flow: Tensor) -> Tensor:
    """The flow pair of the same gap seen from its other end."""
    return torch.cat([flow[:, 2:4], flow[:, :2]], 1)


def conv(inside: int, outside: int, stride: int, act: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inside, outside, 3, stride, 1), act)


class Residual(nn.Module):
    """A convolution added to its input with a learned strength."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, 1, 1, groups=groups)
        self.beta = nn.Parameter(torch.ones(1, width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv(x) * self.beta + x, 0.2)


class Block(nn.Module):
    """One correction: flow (4 channels), mask (1) and, from 4.21 on, features for the next block."""

    def __init__(self, inside: int, width: int, outside: int, depth: int, groups: int) -> None:
        super().__init__()
        halves = [
            conv(inside, width // 2, 2, nn.LeakyReLU(0.2)),
            conv(width // 2, width, 2, nn.LeakyReLU(0.2)),
        ]
        self.conv0 = nn.Sequential(*halves)
        self.convblock = nn.Sequential(*(Residual(width, groups) for _ in range(depth)))
        self.lastconv = nn.Sequential(nn.ConvTranspose2d(width, outside, 4, 2, 1), nn.PixelShuffle(2))

    def forward(self, x: Tensor, flow: Tensor | None, scale: float) -> tuple[Tensor, Tensor, Tensor]:
        x = resized(x, 1 / scale)
        if flow is not None:
            x = torch.cat([x, resized(flow, 1 / scale) / scale], 1)
        made = resized(self.lastconv(self.convblock(self.conv0(x))), scale)
        return made[:, :4] * scale, made[:, 4:5], made[:, 5:]


class Head(nn.Module):
    """Features of a picture at its own size (4.10 on; before, two layers without a bend between)."""

    def __init__(self, width: int, outside: int, depth: int) -> None:
        super().__init__()
        self.cnn0 = nn.Conv2d(3, width, 3, 2, 1)
        self.inner = [f"cnn{at}" for at in range(1, depth - 1)]
        for name in self.inner:
            setattr(self, name, nn.Conv2d(width, width, 3, 1, 1))
        self.last = f"cnn{depth - 1}"
        setattr(self, self.last, nn.ConvTranspose2d(width, outside, 4, 2, 1))
        self.bent = depth > 2

    def forward(self, x: Tensor) -> Tensor:
        for name in ("cnn0", *self.inner):
            x = getattr(self, name)(x)
            x = F.leaky_relu(x, 0.2) if self.bent else x
        made: Tensor = getattr(self, self.last)(x)
        return made


class IFNet4(nn.Module):
    """RIFE 4.5 to 4.26: any time between two pictures."""

    any_time = True

    def __init__(self, state: Mapping[str, Any]) -> None:
        super().__init__()
        count = len({key.split(".")[0] for key in state if key.startswith("block")})
        self.encode = _head(state)
        self.blocks = [f"block{at}" for at in range(count)]
        for name in self.blocks:
            setattr(self, name, _block(state, name))
        features = 0 if self.encode is None else 2 * state[f"encode.{self.encode.last}.weight"].shape[1]
        self.passed = state["block1.conv0.0.0.weight"].shape[1] - 12 - features
        self.scales = [float(1 << at) for at in reversed(range(count))]
        if count == 5 and state["block4.conv0.1.0.weight"].shape[0] == _LITE:
            self.scales = [32.0, 16.0, 8.0, 4.0, 1.0]
        self.side = int(4 * self.scales[0])

    def forward(self, first: Tensor, last: Tensor, time: float) -> Tensor:
        when = torch.full_like(first[:, :1], time)
        seen = [] if self.encode is None else [self.encode(first), self.encode(last)]
        flow, mask, more = getattr(self, self.blocks[0])(
            torch.cat([first, last, *seen, when], 1), None, self.scales[0]
        )
        for name, scale in zip(self.blocks[1:], self.scales[1:], strict=True):
            pictures = [warp(first, flow[:, :2]), warp(last, flow[:, 2:4])]
            pictures += [warp(one, way) for one, way in zip(seen, (flow[:, :2], flow[:, 2:4]), strict=False)]
            parts = [*pictures, when, mask, more[:, : self.passed]]
            change, found, more = getattr(self, name)(torch.cat(parts, 1), flow, scale)
            flow = flow + change
            mask = found if seen else mask + found  # 4.7 on the mask is new in each block
        share = torch.sigmoid(mask)
        return warp(first, flow[:, :2]) * share + warp(last, flow[:, 2:4]) * (1 - share)


def _head(state: Mapping[str, Any]) -> Head | None:
    layers = sorted(key for key in state if key.startswith("encode.cnn") and key.endswith(".weight"))
    if not layers:
        return None
    return Head(state[layers[0]].shape[0], state[layers[-1]].shape[1], len(layers))


def _block(state: Mapping[str, Any], name: str) -> Block:
    width, inside = state[f"{name}.conv0.1.0.weight"].shape[0], state[f"{name}.conv0.0.0.weight"].shape[1]
    depth = len([key for key in state if key.startswith(f"{name}.convblock.") and key.endswith(".beta")])
    groups = width // state[f"{name}.convblock.0.conv.weight"].shape[1]
    return Block(inside, width, state[f"{name}.lastconv.0.weight"].shape[1], depth, groups)
