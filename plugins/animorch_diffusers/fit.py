"""Fit: whether a clip fits where it is to be computed, told before the render, and what would fit instead."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from animorch import RenderSpec
from animorch_diffusers.estimate import GB, Setup, peak

OUTSIDE = 0.5e9  # bytes of a card that the CUDA context and the libraries' workspaces take


@dataclass(frozen=True)
class Room:
    """A memory: what people call it, and its bytes."""

    name: str
    bytes: float


def room_of(device: str) -> Room | None:
    """What the first visible card has, or what the system can still give; None where nobody can say."""
    return card() if device == "cuda" else system()


@lru_cache(maxsize=1)
def card() -> Room | None:
    """The first visible NVIDIA card, asked of nvidia-smi once, so that torch is not imported for it."""
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip() or "0"
    asked = ["nvidia-smi", f"--id={first}", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout
        name, mebibytes = told.splitlines()[0].rsplit(",", 1)
        return Room(name.strip(), float(mebibytes) * 2**20 - OUTSIDE)
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def system() -> Room | None:
    """The memory that Linux says is available; None on other systems."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return Room("this machine", float(kilobytes) * 1024)
    except (OSError, StopIteration, ValueError, IndexError):
        return None


def memory_notes(spec: RenderSpec, setup: Setup, device: str) -> Iterator[str]:
    """On a card what the clip needs; anywhere a sentence with advice when it will not fit."""
    room, needs = room_of(device), peak(spec, setup)
    if room is not None and needs > room.bytes:
        yield f"{_short(spec, needs, room)}; {advice(spec, setup, room, device)}"
    elif device == "cuda":
        of = "" if room is None else f" ({room.name} has {_told(room.bytes)})"
        yield f"{_clip(spec)} need about {_told(needs)} of the card's memory{of}"


def _told(amount: float) -> str:
    return f"{amount / GB:.1f} GB" if amount >= 0.1 * GB else f"{amount / 1e6:.0f} MB"


def _short(spec: RenderSpec, needs: float, room: Room) -> str:
    return f"{_clip(spec)} need about {_told(needs)} and {room.name} has {_told(room.bytes)}"


def _clip(spec: RenderSpec) -> str:
    return f"{spec.frames} frames of {spec.width}x{spec.height}"


def advice(spec: RenderSpec, setup: Setup, room: Room, device: str) -> str:
    """The first smaller setup that fits; else the most frames and the largest size that would."""
    words = ""
    for words, changed in smaller(setup, device == "cuda"):
        if (needs := peak(spec, changed)) <= room.bytes:
            return f"set {words} (about {_told(needs)})"
        setup = changed
    with_these = f" with {words}" if words else ""
    frames, size = most_frames(spec, setup, room.bytes), largest_size(spec, setup, room.bytes)
    fits = [f"frames={frames}"] if frames else []
    fits += [f"width={size[0]} height={size[1]}"] if size else []
    return f"{' or '.join(fits)} would fit{with_these}" if fits else f"nothing of it fits{with_these}"


def smaller(setup: Setup, offloads: bool) -> Iterator[tuple[str, Setup]]:
    """Ever smaller setups and the words that ask for them; what costs least time comes first.

    `offloads`: whether the weights have another memory to wait in.
    """
    parts = max(8, setup.budget.chunk_feed_forward or 1)
    steps: list[tuple[str, Any]] = [("decode_chunk", 1), ("chunk_feed_forward", parts), ("window_batch", 1)]
    if setup.attention == "math":
        steps.insert(0, ("attention", "auto"))
    if offloads:
        steps += [("offload", mode) for mode in ("model", "sequential")]
    steps.append(("vae_tiling", True))
    words: dict[str, str] = {}
    for name, value in steps:
        changed = _with(setup, name, value)
        if changed == setup or (name == "offload" and setup.offload in ("group", "sequential")):
            continue
        setup = changed
        words[name] = str(value).lower()
        yield " ".join(f"backend.{key}={said}" for key, said in words.items()), setup


def _with(setup: Setup, name: str, value: Any) -> Setup:
    if name in ("attention", "offload"):
        return replace(setup, **{name: value})
    return replace(setup, budget=replace(setup.budget, **{name: value}))


def most_frames(spec: RenderSpec, setup: Setup, room: float) -> int:
    """The most frames, at most the spec's own, that fit into `room` bytes; 0 when not even one does."""
    counts = range(spec.frames, 0, -1)
    return next((n for n in counts if _fits(spec, setup, room, frames=n)), 0)


def largest_size(spec: RenderSpec, setup: Setup, room: float) -> tuple[int, int] | None:
    """The largest width and height in this shape, multiples of 8, that fit into `room` bytes."""
    for width in range(spec.width // 8 * 8, 63, -8):
        height = max(64, round(spec.height * width / spec.width / 8) * 8)
        if _fits(spec, setup, room, width=width, height=height):
            return width, height
    return None


def _fits(spec: RenderSpec, setup: Setup, room: float, **changes: int) -> bool:
    return peak(spec.model_copy(update=changes), setup) <= room
